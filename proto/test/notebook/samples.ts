/** Notebook files for the tests, as JSON values. */
import type { Notebook } from '../../src/notebook/index.js';
import { CellId } from '../../src/hub/index.js';

const cell = (id: string): CellId => CellId.parse(id);

/** One of everything that nbformat 4.5 has. */
export const everything: Notebook = {
  nbformat: 4,
  nbformat_minor: 5,
  metadata: {
    kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' },
    language_info: { name: 'python', version: '3.11.2' },
    'Z-first': [1, -2.5, 1e-7, 0.00001, 1e300, true, false, null, {}, []],
    ä: { '\ue000': 1, '😀': 2 },
  },
  cells: [
    { id: cell('intro'), cell_type: 'markdown', source: '# Title\n\nText “quoted”\twith\u2028lines\n', metadata: {} },
    {
      id: cell('picture'),
      cell_type: 'markdown',
      source: '![a](attachment:a.png)',
      metadata: { tags: ['one', 'two'] },
      attachments: { 'a.png': { 'image/png': 'aGVsbG8=' } },
    },
    { id: cell('raw'), cell_type: 'raw', source: '', metadata: { format: 'text/html' } },
    {
      id: cell('code'),
      cell_type: 'code',
      source: 'print(1)\r\nx = "\\u0001\u0001\u007f"\x0b',
      metadata: { collapsed: true, jupyter: { outputs_hidden: true } },
      execution_count: 7,
      outputs: [
        { output_type: 'stream', name: 'stdout', text: 'one\ntwo\n' },
        { output_type: 'stream', name: 'stderr', text: '\u001b[31mred\u001b[0m' },
        {
          output_type: 'execute_result',
          execution_count: 7,
          data: {
            'text/plain': '1\n2',
            'text/html': '<b>\n</b>',
            'image/svg+xml': '<svg>\n</svg>',
            'application/javascript': 'a\nb',
            'image/png': 'aGVsbG8=\n',
            'application/json': { list: ['a\n', 'b'] },
            'application/vnd.x+json': ['a\n', 'b'],
          },
          metadata: { 'image/png': { width: 10 } },
        },
        { output_type: 'display_data', data: {}, metadata: {} },
        { output_type: 'error', ename: 'E', evalue: 'v\nw', traceback: ['\u001b[31ma\nb', 'c'] },
      ],
    },
    { id: cell('empty'), cell_type: 'code', source: '', metadata: {}, execution_count: null, outputs: [] },
  ],
};

/** As older Jupyter wrote it: no ids, worksheets, headings, pyout and pyerr. */
export const versionThree = {
  nbformat: 3,
  nbformat_minor: 0,
  metadata: { name: 'old', signature: 'sha256:x', custom: 1 },
  worksheets: [
    {
      metadata: {},
      cells: [
        { cell_type: 'heading', level: 2, metadata: {}, source: ['A heading\n', 'of two lines'] },
        { cell_type: 'markdown', metadata: {}, source: ['first', 'second'] },
        {
          cell_type: 'code',
          collapsed: true,
          language: 'python',
          metadata: {},
          input: ['a = 1\n', 'a'],
          prompt_number: 3,
          outputs: [
            { output_type: 'stream', stream: 'stderr', text: ['x\n', 'y'] },
            {
              output_type: 'pyout',
              prompt_number: 3,
              text: ['1'],
              html: '<b>1</b>',
              json: '{"a": [1]}',
              metadata: { png: { width: 1 } },
            },
            { output_type: 'display_data', png: 'aGVsbG8=', metadata: {} },
            { output_type: 'pyerr', ename: 'E', evalue: 'v', traceback: ['t'] },
          ],
        },
      ],
    },
    { metadata: {}, cells: [{ cell_type: 'raw', metadata: {}, source: 'raw' }] },
  ],
};
