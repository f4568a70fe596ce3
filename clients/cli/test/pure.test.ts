import { describe, expect, test } from '@jest/globals';
import { TextId } from '@cokernel/proto/hub';
import type { Output } from '@cokernel/proto/notebook';
import { endsWithBlankLine, looksIncomplete, nextIndent } from '../src/attach/completeness.js';
import { codePoints, matchColumns, readCompletion } from '../src/attach/completion.js';
import type { Key } from '../src/attach/edit-state.js';
import { applyKey, emptyEdit } from '../src/attach/edit-state.js';
import { editorView } from '../src/attach/editor-view.js';
import { readSlashCommand } from '../src/attach/slash-command.js';
import { colorsWanted } from '../src/text/colors-wanted.js';
import { LineBuffer } from '../src/text/line-buffer.js';
import { outputText } from '../src/text/output-text.js';
import type { CellSnapshot, RunNews, RunProgress } from '../src/text/run-progress.js';
import { advance, alreadySeen, withNewKeys } from '../src/text/run-progress.js';
import { makePaint, safeLine, safeText, textWidth, wrapLine } from '../src/text/terminal-text.js';

const plain = { paint: makePaint(false), openAt: 'http://hub/notebooks/a.ipynb' };

describe('text from a kernel on its way to the terminal', () => {
  test.each([
    ['colours stay', '\x1b[31mred\x1b[0m', '\x1b[31mred\x1b[0m'],
    ['the cursor is not moved', 'a\x1b[2Jb\x1b[5;5Hc', 'abc'],
    ['the title is not set', 'a\x1b]0;title\x07b', 'ab'],
    ['a title that never ends is not set either', 'a\x1b]0;title', 'a'],
    ['nothing is typed for the reader', '\x1bP$q\x1b\\x\x1b[c', 'x'],
    ['eight-bit controls go too', 'a\x9b2Jb\x85', 'ab'],
    ['a half sequence goes', 'a\x1b', 'a'],
    ['bells, backspaces and carriage returns go', 'a\x07\x08\rb', 'ab'],
    ['tabs and line ends stay', 'a\tb\nc', 'a\tb\nc'],
  ])('%s', (_title, text, expected) => {
    expect(safeText(text)).toBe(expected);
  });

  test('a name is one line without colours', () => {
    expect(safeLine('\x1b[31mAnn\x1b[0m\n\x1b[2J Lee ')).toBe('Ann Lee');
  });

  test.each([
    ['abc', 3],
    ['\x1b[1mabc\x1b[0m', 3],
    ['日本', 4],
    ['e\u0301', 1],
    ['👍', 2],
  ])('%j is %i columns wide', (text, width) => {
    expect(textWidth(text)).toBe(width);
  });

  test.each([
    ['abcdef', 3, ['abc', 'def']],
    ['', 3, ['']],
    ['日本語', 5, ['日本', '語']],
    ['\x1b[31mabcd\x1b[0m', 3, ['\x1b[31mabc', 'd\x1b[0m']],
  ])('%j is wrapped at %i', (line, columns, rows) => {
    expect(wrapLine(line, columns)).toEqual(rows);
  });

  test('colours are for terminals that want them', () => {
    expect(colorsWanted({ isTTY: true }, {})).toBe(true);
    expect(colorsWanted({ isTTY: true }, { NO_COLOR: '1' })).toBe(false);
    expect(colorsWanted({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
    expect(colorsWanted({ isTTY: false }, {})).toBe(false);
    expect(colorsWanted({ isTTY: false }, { FORCE_COLOR: '1' })).toBe(true);
  });

  test('a person’s colour is theirs in the terminal too', () => {
    const { inColor } = makePaint(true);
    expect(inColor('#0a0b0c', 'x')).toBe('\x1b[38;2;10;11;12mx\x1b[0m');
    expect(inColor('hsl(120, 100%, 50%)', 'x')).toBe('\x1b[38;2;0;255;0mx\x1b[0m');
    expect(inColor('chartreuse', 'x')).toBe('\x1b[36mx\x1b[0m');
  });
});

describe('[M29] outputs as lines', () => {
  const png = Buffer.alloc(32);
  png.write('\x89PNG\r\n\x1a\n', 'latin1');
  png.writeUInt32BE(640, 16);
  png.writeUInt32BE(480, 20);
  const display = (data: Record<string, string>): Output => ({ output_type: 'display_data', data, metadata: {} });
  test.each<[string, Output, string]>([
    ['a stream', { output_type: 'stream', name: 'stdout', text: 'a\nb\n' }, 'a\nb'],
    [
      'a result',
      { output_type: 'execute_result', execution_count: 3, data: { 'text/plain': '42' }, metadata: {} },
      'Out[3]: 42',
    ],
    [
      'a result of several lines',
      { output_type: 'execute_result', execution_count: 3, data: { 'text/plain': 'a\nb' }, metadata: {} },
      'Out[3]:\na\nb',
    ],
    [
      'an error without its colours',
      { output_type: 'error', ename: 'E', evalue: 'v', traceback: ['\x1b[31mE\x1b[0m: v'] },
      'E: v',
    ],
    ['an error without a traceback', { output_type: 'error', ename: 'E', evalue: 'v', traceback: [] }, 'E: v'],
    [
      'a picture',
      display({ 'image/png': png.toString('base64'), 'text/plain': '<Figure>' }),
      '[image/png 640×480: open http://hub/notebooks/a.ipynb]',
    ],
    ['a table as its text', display({ 'text/html': '<table/>', 'text/plain': 'a  b' }), 'a  b'],
    [
      'what has only the name of its object',
      display({ 'text/html': '<b/>', 'text/plain': '<IPython.core.display.HTML object>' }),
      '[text/html: open http://hub/notebooks/a.ipynb]',
    ],
    ['nothing', display({}), ''],
  ])('%s', (_title, output, expected) => {
    expect(outputText(output, plain)).toBe(expected);
  });

  test('stderr is red, unless it has colours of its own', () => {
    const style = { ...plain, paint: makePaint(true) };
    const stderr = (text: string): Output => ({ output_type: 'stream', name: 'stderr', text });
    expect(outputText(stderr('a\n'), style)).toBe('\x1b[31ma\x1b[0m');
    expect(outputText(stderr('\x1b[32ma'), style)).toBe('\x1b[32ma');
  });
});

describe('the news of a run', () => {
  const stream = (key: string, text: string) => ({
    key,
    output: { output_type: 'stream', name: 'stdout', text } as const,
  });
  const snapshot = (state: string, outputs: CellSnapshot['outputs'] = [], runId = 'r1'): CellSnapshot => {
    return { cellId: 'c', source: 'x', run: { runId, author: 'Ann', state }, count: 1, outputs };
  };
  const told = (news: readonly RunNews[]) => news.map((one) => (one.type === 'lines' ? one.text : one.type));

  function play(...snapshots: CellSnapshot[]): { lines: string[]; live: string[] } {
    let progress: RunProgress | null = null;
    const lines: string[] = [];
    const live: string[] = [];
    for (const one of snapshots) {
      const next = advance(progress, one);
      progress = next.progress;
      lines.push(...told(next.news));
      live.push(next.live);
    }
    return { lines, live };
  }

  test.each<[string, CellSnapshot[], string[]]>([
    ['a queued run is not news', [snapshot('queued')], []],
    ['a run begins once', [snapshot('running'), snapshot('running')], ['begun']],
    [
      '[M26] a line is told once, when it is whole',
      [snapshot('running', [stream('a', 'on')]), snapshot('running', [stream('a', 'one\ntw')])],
      ['begun', 'one\n'],
    ],
    [
      'an unfinished line is told at the end, with a line end',
      [snapshot('running', [stream('a', 'one\ntw')]), snapshot('succeeded', [stream('a', 'one\ntwo')])],
      ['begun', 'one\n', 'two\n', 'ended'],
    ],
    [
      'a rewritten last line is told as it is in the end',
      [snapshot('running', [stream('a', '10%')]), snapshot('succeeded', [stream('a', '100%')])],
      ['begun', '100%\n', 'ended'],
    ],
    [
      'cleared outputs stay printed, new ones follow',
      [snapshot('running', [stream('a', 'one\n')]), snapshot('succeeded', [stream('b', 'two\n')])],
      ['begun', 'one\n', 'two\n', 'ended'],
    ],
    [
      '[J7] output after the end is still told',
      [snapshot('succeeded', [stream('a', 'one\n')]), snapshot('succeeded', [stream('a', 'one\nlate\n')])],
      ['begun', 'one\n', 'ended', 'late\n'],
    ],
    [
      'two streams that alternate lose nothing',
      [
        snapshot('running', [stream('a', '1\n'), stream('b', 'x\n')]),
        snapshot('running', [stream('a', '1\n2\n'), stream('b', 'x\n')]),
      ],
      ['begun', '1\n', 'x\n', '2\n'],
    ],
    [
      'the next run of the cell begins anew',
      [snapshot('succeeded', []), snapshot('running', [], 'r2')],
      ['begun', 'ended', 'begun'],
    ],
  ])('%s', (_title, snapshots, expected) => {
    expect(play(...snapshots).lines).toEqual(expected);
  });

  test('the unfinished line is told apart', () => {
    expect(
      play(snapshot('running', [stream('a', 'one\n50%')]), snapshot('succeeded', [stream('a', 'one\n50%')])).live,
    ).toEqual(['50%', '']);
  });

  test('what stood there before is not told, of a run under way all is', () => {
    const done = snapshot('succeeded', [stream('a', 'one\n')]);
    expect(advance(alreadySeen(done), done).news).toEqual([]);
    expect(alreadySeen(snapshot('running'))).toBeNull();
  });

  describe('of which the notebook has no room for all', () => {
    const mark = '⋯ 10 characters in 2 lines are not shown: the hub has the whole at /api/x ⋯\n';
    const large = (text: string) => ({
      key: 'a',
      output: {
        ...({ output_type: 'stream', name: 'stdout', text } as const),
        stored: { id: TextId.parse('t'), sha256: null, bytes: 99, gap: { from: 4, to: 4 + mark.length } },
      },
    });

    test('has its first part, a word that not all is here, the newest line as it comes, and at the end the newest lines', () => {
      const { lines, live } = play(
        snapshot('running', [stream('a', 'one\n')]),
        snapshot('running', [large(`one\n${mark}nine\n`)]),
        snapshot('running', [large(`one\n${mark}ten\n`)]),
        snapshot('succeeded', [large(`one\n${mark}ten\neleven\n`)]),
        snapshot('succeeded', [large(`one\n${mark}ten\neleven\n`)]),
      );
      expect(lines).toEqual(['begun', 'one\n', 'cut', 'cut', 'ten\neleven\n', 'ended']);
      expect(live).toEqual(['', 'nine', 'ten', '', '']);
    });

    test('has no line twice that was printed while there was room for it', () => {
      const { lines } = play(
        snapshot('running', [stream('a', 'one\ntwo\nthree\nfour\n')]),
        snapshot('succeeded', [large(`one\n${mark}four\nfive\n`)]),
      );
      expect(lines).toEqual(['begun', 'one\ntwo\nthree\nfour\n', 'five\n', 'ended']);
    });

    test('is said so of an error too', () => {
      const { stored } = large('').output;
      const error = { output_type: 'error', ename: 'E', evalue: '', traceback: ['⋯'], stored } as const;
      expect(play(snapshot('failed', [{ key: 'e', output: error }])).lines).toEqual([
        'begun',
        'output',
        'cut',
        'ended',
      ]);
    });
  });

  test('a moved cell is not told again', () => {
    const { progress } = advance(null, snapshot('succeeded', [stream('a', 'one\n')]));
    const moved = snapshot('succeeded', [stream('z', 'one\n')]);
    expect(advance(withNewKeys(progress!, moved), moved).news).toEqual([]);
  });
});

describe('editing', () => {
  function typed(keys: readonly (string | Key)[], history: readonly string[] = []): [string, number] {
    let edit = emptyEdit(history);
    for (const key of keys) {
      const pressed: Key[] =
        typeof key === 'string' ? Array.from(key, (sequence) => ({ sequence, name: sequence })) : [key];
      for (const one of pressed) edit = applyKey(edit, one) ?? edit;
    }
    return [edit.text, edit.cursor];
  }
  const key = (name: string, more: Key = {}): Key => ({ name, ...more });
  const ctrl = (name: string) => key(name, { ctrl: true });
  const newline = key('return', { meta: true });

  test.each<[string, readonly (string | Key)[], string, number]>([
    ['letters', ['ab'], 'ab', 2],
    ['left and insert', ['ac', key('left'), 'b'], 'abc', 2],
    ['home and end', ['ab', ctrl('a'), 'x', ctrl('e'), 'y'], 'xaby', 4],
    ['backspace takes a whole emoji', ['a👍🏽', key('backspace')], 'a', 1],
    ['backspace takes an indentation step', ['        ', key('backspace')], '    ', 4],
    ['delete', ['ab', ctrl('a'), key('delete')], 'b', 0],
    ['word left', ['foo bar', ctrl('left')], 'foo bar', 4],
    ['word deleted', ['foo bar', ctrl('w')], 'foo ', 4],
    ['rest of the line deleted', ['foo', newline, 'bar', key('up'), ctrl('a'), ctrl('k')], '\nbar', 0],
    ['up within the text', ['foo', newline, 'b', key('up'), 'X'], 'fXoo\nb', 2],
    ['control characters are not typed', ['a', key('q', { ctrl: true, sequence: '\x11' })], 'a', 1],
  ])('%s', (_title, keys, text, cursor) => {
    expect(typed(keys)).toEqual([text, cursor]);
  });

  test('up and down walk the history and come back to what was being typed', () => {
    const history = ['one', 'two'];
    expect(typed(['dra', key('up')], history)[0]).toBe('two');
    expect(typed(['dra', key('up'), key('up')], history)[0]).toBe('one');
    expect(typed(['dra', key('up'), key('up'), key('up')], history)[0]).toBe('one');
    expect(typed(['dra', key('up'), key('up'), key('down'), key('down')], history)[0]).toBe('dra');
  });

  test('the cursor stands where the text wraps', () => {
    const look = { prompt: '> ', continuation: '. ', text: 'abcdefghijkl\nmn', cursor: 15, shown: 'abcdefghijkl\nmn' };
    const view = editorView(look, ['above'], { columns: 11, rows: 20 });
    expect(view.rows).toEqual(['above', '> abcdefgh', 'ijkl', '. mn']);
    expect([view.cursorRow, view.cursorColumn]).toEqual([3, 4]);
  });

  test('a text taller than the terminal shows the part with the cursor', () => {
    const text = '1\n2\n3\n4\n5';
    const view = editorView({ prompt: '', continuation: '', text, cursor: 2, shown: text }, [], {
      columns: 20,
      rows: 4,
    });
    expect(view.rows[view.cursorRow]).toBe('2');
    expect(view.rows).toHaveLength(3);
  });
});

describe('what was typed', () => {
  test.each([
    ['/help', { name: 'help' }],
    ['/kernel', { name: 'kernel' }],
    ['/private x = 1\nx', { name: 'private', code: 'x = 1\nx' }],
    ['/answer', { name: 'answer', text: null }],
    ['/answer  42', { name: 'answer', text: '42' }],
    ['/move 3 1', { name: 'move', places: { from: 3, to: 1 } }],
    ['/move 3', { name: 'move', places: null }],
    ['/move 0 1', { name: 'move', places: null }],
    ['/nonsense', { name: 'unknown', word: 'nonsense' }],
    ['x / 2', null],
    ['/usr/bin', null],
  ])('%j as a command', (text, expected) => {
    expect(readSlashCommand(text)).toEqual(expected);
  });

  test.each([
    ['for x in y:', true, '    '],
    ['f(', true, '    '],
    ['for x in y:\n    z', true, '    '],
    ['x = 1', false, ''],
  ])('%j looks incomplete: %s', (text, incomplete, indent) => {
    expect([looksIncomplete(text), nextIndent(text)]).toEqual([incomplete, indent]);
  });

  test('a blank last line ends a block', () => {
    expect(endsWithBlankLine('for x in y:\n    z\n')).toBe(true);
    expect(endsWithBlankLine('\t')).toBe(false);
  });

  test('completion counts code points, the text UTF-16 units', () => {
    const text = '"👍".upp';
    expect(codePoints(text, text.length)).toBe(7);
    const reply = { matches: ['upper'], cursor_start: 4, cursor_end: 7 };
    expect(readCompletion(reply, text)).toEqual({ from: 5, to: 8, common: 'upper', matches: ['upper'] });
    expect(readCompletion({ matches: [] }, text)).toBeNull();
    expect(readCompletion({ matches: ['path', 'pardir'], cursor_start: 0, cursor_end: 0 }, '')?.common).toBe('pa');
  });

  test('matches stand in columns', () => {
    expect(matchColumns(['aa', 'b', 'cc'], 9)).toBe('aa  b\ncc');
  });

  test('a stream in pieces is given on in lines; a carriage return rewrites the unfinished one', () => {
    const buffer = new LineBuffer();
    expect([
      buffer.add('on'),
      buffer.add('e\n10%'),
      buffer.add('\r20%'),
      buffer.rest,
      buffer.take(),
      buffer.rest,
    ]).toEqual(['', 'one\n', '', '20%', '20%', '']);
  });
});
