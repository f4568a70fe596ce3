/**
 * Pure: JSON values as types, and the one way in which values of unknown origin (a Yjs document that anybody may
 * have written, a kernel's message) become such values: copied, checked and frozen.
 */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Deeper than any notebook's data; what lies below is cut to null, so that nobody's nesting exhausts the stack. */
const MAX_DEPTH = 200;

/** A frozen deep copy. What JSON can't say (undefined, functions, bytes) becomes null; a bigint its nearest number. */
export function toJson(value: unknown, depth = 0): JsonValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'number':
      return value;
    case 'bigint':
      return Number(value);
    case 'object':
      return value === null || depth > MAX_DEPTH ? null : copyObject(value, depth);
    default:
      return null;
  }
}

function copyObject(value: object, depth: number): JsonValue {
  if (Array.isArray(value)) {
    return Object.freeze(value.map((item: unknown) => toJson(item, depth + 1)));
  }
  return isPlain(value) ? toJsonObject(value, depth) : null;
}

/** As toJson, for a value that should be an object; anything else becomes the empty object. */
export function toJsonObject(value: unknown, depth = 0): JsonObject {
  if (typeof value !== 'object' || value === null || !isPlain(value)) {
    return Object.freeze({});
  }
  const entries = Object.entries(value).filter(([, item]: [string, unknown]) => item !== undefined);
  return Object.freeze(Object.fromEntries(entries.map(([key, item]) => [key, toJson(item, depth + 1)])));
}

/** The object without these keys. */
export function omit(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.freeze(Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key))));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Equal as JSON: the order of keys does not matter, that of items does. */
export function jsonEquals(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (Object.is(a, b)) return true;
  if (isJsonArray(a) && isJsonArray(b)) {
    return a.length === b.length && a.every((item, index) => jsonEquals(item, b[index]));
  }
  if (isJsonObject(a) && isJsonObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && jsonEquals(a[key], b[key]))
    );
  }
  return false;
}
