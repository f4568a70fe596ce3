/**
 * Makes the cells' editors: JupyterLab's CodeMirror editor with its languages, bound to the shared text by yCollab
 * in place of the stock binding, so that other people's cursors show with their names and undo covers one's own
 * typing only.
 */
import { acceptCompletion, autocompletion, startCompletion, type CompletionSource } from '@codemirror/autocomplete';
import { Prec, type Extension } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import type { CodeEditor } from '@jupyterlab/codeeditor';
import {
  CodeMirrorEditorFactory,
  CodeMirrorMimeTypeService,
  EditorExtensionRegistry,
  EditorLanguageRegistry,
  EditorThemeRegistry,
} from '@jupyterlab/codemirror';
import { YBaseCell, YCodeCell } from '@jupyter/ydoc';
import { yCollab } from 'y-codemirror.next';
import type { Awareness } from 'y-protocols/awareness';
import { busyTip } from './busy-tip.js';
import './editor.css';

interface EditorOptions {
  readonly awareness: Awareness;
  /** What Tab and typing a dot offer in code cells. */
  readonly completion: CompletionSource;
}

export interface Editors {
  readonly factory: CodeEditor.Factory;
  readonly mimeTypes: CodeMirrorMimeTypeService;
}

/** Markdown cells ask for this MIME type; JupyterLab's own registry leaves it to an extension of the application. */
const MARKDOWN_CELL_MIME = 'text/x-ipythongfm';

function buildLanguages(): EditorLanguageRegistry {
  const languages = new EditorLanguageRegistry();
  for (const language of EditorLanguageRegistry.getDefaultLanguages()) languages.addLanguage(language);
  languages.addLanguage({
    name: 'ipythongfm',
    mime: MARKDOWN_CELL_MIME,
    load: async () => {
      const support = await languages.getLanguage('text/x-markdown');
      if (support?.support === undefined) throw new Error('The Markdown language is missing from the editor');
      return support.support;
    },
  });
  return languages;
}

/** Tab behind a word asks the kernel, as in every Jupyter; behind a space it indents. */
function completionOnTab(source: CompletionSource): Extension {
  const ask = (view: EditorView): boolean => {
    const { main } = view.state.selection;
    const before = view.state.sliceDoc(Math.max(0, main.head - 1), main.head);
    return main.empty && /\S/.test(before) ? startCompletion(view) : false;
  };
  return [
    autocompletion({ override: [source], activateOnTyping: false }),
    busyTip,
    Prec.highest(keymap.of([{ key: 'Tab', run: (view) => acceptCompletion(view) || ask(view) }])),
  ];
}

function buildExtensions({ awareness, completion }: EditorOptions): EditorExtensionRegistry {
  const themes = new EditorThemeRegistry();
  for (const theme of EditorThemeRegistry.getDefaultThemes()) themes.addTheme(theme);
  const extensions = new EditorExtensionRegistry();
  for (const factory of EditorExtensionRegistry.getDefaultExtensions({ themes })) extensions.addExtension(factory);
  extensions.addExtension({
    name: 'shared-model',
    factory: ({ model }) => {
      const cell = model.sharedModel;
      if (!(cell instanceof YBaseCell)) return null;
      const binding = yCollab(cell.ysource, awareness, { undoManager: cell.undoManager ?? false });
      return EditorExtensionRegistry.createImmutableExtension(binding);
    },
  });
  extensions.addExtension({
    name: 'cokernel-code',
    factory: ({ model }) => {
      const isCode = model.sharedModel instanceof YCodeCell;
      return EditorExtensionRegistry.createImmutableExtension([
        EditorView.contentAttributes.of({ 'aria-label': isCode ? 'Code' : 'Text' }),
        isCode ? completionOnTab(completion) : [],
      ]);
    },
  });
  return extensions;
}

/** Editors for one shared document. */
export function buildEditors(options: EditorOptions): Editors {
  const languages = buildLanguages();
  const codeMirror = new CodeMirrorEditorFactory({ extensions: buildExtensions(options), languages });
  return { factory: codeMirror.newInlineEditor, mimeTypes: new CodeMirrorMimeTypeService(languages) };
}
