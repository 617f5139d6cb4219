/**
 * Sync sets: `sync: [other]` joins two groups in both directions, and whoever is joined to one is joined to all. So a set
 * is the same for each of its members, however the lists are written.
 */

interface Joined {
  readonly name: string;
  readonly sync: readonly string[];
}

/** The names of all groups that fail over together with this one, itself included, in the order of the file. */
export function syncSetOf(groups: readonly Joined[], name: string): readonly string[] {
  const set = new Set([name]);
  for (let size = 0; size < set.size; ) {
    size = set.size;
    for (const group of groups) {
      if (!set.has(group.name) && !group.sync.some((other) => set.has(other))) continue;
      set.add(group.name);
      for (const other of group.sync) set.add(other);
    }
  }
  return groups.map((group) => group.name).filter((each) => set.has(each));
}
