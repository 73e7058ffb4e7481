const names = new Map<string, string>();

/**
 * `https://json-schema.org/keyword/type`: the name is its last part. The cache has as many entries as the dialect has
 * keywords.
 */
export function keywordName(id: string): string {
  const known = names.get(id) ?? id.slice(id.lastIndexOf("/") + 1);
  names.set(id, known);
  return known;
}
