/**
 * Where we differ from nbformat on purpose, or what we write is not valid, and why: by the name of the file. One that is not
 * named here fails the test, and so does a name without a difference.
 */
const noMetadata = 'something has no metadata';
const asWithNbformat = 'what is of a wrong kind stays as it was, as with nbformat';
const idsAreMade = 'an id that is not valid becomes a new one, and this is told';
const streamNames = 'a stream that is neither stdout nor stderr becomes stdout, and this is told';
const attachmentsStay = 'attachments stay as they are; nbformat splits their texts into lines [C5]';
const noMinor = 'without a minor it counts as 4.0, and says so when it is saved';

export const deliberate: Readonly<Record<string, string>> = {
  'by-hand/attachments-null': 'attachments are null',
  'by-hand/attachments-odd': attachmentsStay,
  'by-hand/byte-order-mark': 'it begins with a byte order mark',
  'by-hand/code-with-attachments': 'a code cell has no attachments; they are told and left out',
  'by-hand/error-lists': 'the name and the value of an error are strings; lists of lines are joined',
  'by-hand/execution-counts-not-valid': 'a count that is none becomes null, and this is told',
  'by-hand/extra-keys': 'keys that nbformat does not allow are told and left out',
  'by-hand/ids-in-4.4': 'no minor below 5 allows the ids that the file has; they are kept, and it becomes 4.5',
  'by-hand/ids-not-valid': idsAreMade,
  'by-hand/lone-surrogates':
    'half a surrogate pair is no text in UTF-8; nbformat fails to save it, here it becomes U+FFFD',
  'by-hand/metadata-not-an-object': noMetadata,
  'by-hand/no-metadata': noMetadata,
  'by-hand/no-metadata-in-cells': noMetadata,
  'by-hand/no-minor': noMinor,
  'by-hand/no-outputs': 'a code cell has no outputs',
  'by-hand/no-source': 'a cell without a source gets an empty one',
  'by-hand/output-types-without-parts': 'a stream has no text',
  'by-hand/outputs-not-valid': asWithNbformat,
  'by-hand/proto-keys': 'a document can not hold the key `__proto__`; it is told and left out',
  'by-hand/stream-names': streamNames,
  'by-hand/tags-not-valid': asWithNbformat,
  'by-hand/v3-heading-7': 'Markdown has six levels of headings',
  'collected/nbclient/output': asWithNbformat,
  'collected/nbconvert/attachment': attachmentsStay,
  'collected/nbconvert/notebook3': streamNames,
  'collected/nbformat/invalid-cell-id': idsAreMade,
  'collected/nbformat/no-min-version': noMinor,
  'collected/nbformat/test3-no-metadata': noMetadata,
  'collected/nbformat/test3-no-worksheets': 'it has no worksheets',
  'collected/nbformat/test3-worksheet-with-no-cells': 'a worksheet has no cells',
  'collected/nbformat/v4-5-invalid-metadata': asWithNbformat,
};
