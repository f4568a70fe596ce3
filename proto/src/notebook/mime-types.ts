/** Pure: how nbformat writes what a MIME bundle has under each type. */

/** Its value is JSON and stands in the file as it is. */
export function isJsonMime(mime: string): boolean {
  return mime === 'application/json' || (mime.startsWith('application/') && mime.endsWith('+json'));
}

const TEXT_TYPES: readonly string[] = ['application/javascript', 'application/xml', 'application/x-latex'];

/** Its value is text for people or programs; anything else that is no JSON is base64 as a rule. */
export function isTextMime(mime: string): boolean {
  return mime.startsWith('text/') || mime.endsWith('+xml') || TEXT_TYPES.includes(mime);
}
