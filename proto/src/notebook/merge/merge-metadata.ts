/** Pure: merges JSON objects key by key, objects within them alike. Where both sides changed a value, `live` keeps its own. */
import { isJsonObject, jsonEquals, type JsonObject, type JsonValue } from '../json.js';

export interface MergedMetadata {
  readonly merged: JsonObject;
  /** Both sides changed a value, differently. */
  readonly isConflict: boolean;
}

export function mergeMetadata(base: JsonObject, live: JsonObject, disk: JsonObject): MergedMetadata {
  const entries: [string, JsonValue][] = [];
  let isConflict = false;
  for (const key of new Set([...Object.keys(live), ...Object.keys(disk)])) {
    const merged = mergeValue(base[key], live[key], disk[key]);
    isConflict ||= merged.isConflict;
    if (merged.value !== undefined) entries.push([key, merged.value]);
  }
  return { merged: Object.fromEntries(entries), isConflict };
}

type Value = JsonValue | undefined;

function mergeValue(base: Value, live: Value, disk: Value): { readonly value: Value; readonly isConflict: boolean } {
  if (jsonEquals(live, disk) || jsonEquals(base, disk)) return { value: live, isConflict: false };
  if (jsonEquals(base, live)) return { value: disk, isConflict: false };
  if (!isJsonObject(live) || !isJsonObject(disk)) return { value: live, isConflict: true };
  const { merged, isConflict } = mergeMetadata(isJsonObject(base) ? base : {}, live, disk);
  return { value: merged, isConflict };
}
