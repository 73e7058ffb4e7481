/** A word of the names of event types, and what follows it after a dot. */
export interface TypeNode {
  /** The name so far. */
  path: string;
  word: string;
  isType: boolean;
  under: TypeNode[];
}

/** Names of event types as a tree of their words, in their order. */
export function typeTree(names: readonly string[]): TypeNode[] {
  const root: TypeNode = { path: "", word: "", isType: false, under: [] };
  for (const name of names.toSorted()) {
    let node = root;
    for (const word of name.split(".")) {
      const path = node === root ? word : `${node.path}.${word}`;
      const known = node.under.find((one) => one.word === word);
      const next: TypeNode = known ?? { path, word, isType: false, under: [] };
      if (!known) node.under.push(next);
      node = next;
    }
    node.isType = true;
  }
  return root.under;
}

/** Event types of a node and of all that is under it. */
export function typesOf({ path, isType, under }: TypeNode): string[] {
  return [...(isType ? [path] : []), ...under.flatMap(typesOf)];
}
