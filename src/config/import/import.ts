import { type ClaimScript, readClaimScript } from './claim-script.ts';
import { combine } from './combine.ts';
import type { ImportFiles } from './conf-glob.ts';
import type { Draft } from './draft.ts';
import type { GivenScript } from './hooks.ts';
import { type Inventory, readInventory } from './inventory.ts';
import type { KeepalivedRouter } from './keepalived.ts';
import { combinePacemaker } from './pacemaker.ts';
import { readPcs } from './pcs.ts';
import { readRouter } from './read-router.ts';
import { inOrder, makeRemarks, merge, type Position, type Remark, type Remarks } from './remark.ts';
import { readTextFile } from './text-file.ts';
import { writeDraft } from './write.ts';

/** A file that was named for a router. */
export interface RouterFile {
  readonly router: string;
  readonly file: string;
}

export interface ImportRequest {
  /** keepalived.conf of each router, in the order in which the routers are to be written. */
  readonly keepalived: readonly RouterFile[];
  readonly scripts: readonly RouterFile[];
  /** What `ip -json address show` prints on a router. */
  readonly addresses: readonly RouterFile[];
  /** Pacemaker's resource agents with the commands that move the VIPs, instead of keepalived. */
  readonly agents: readonly string[];
  /** What `pcs config` prints, or the commands that made the cluster. */
  readonly pcs: string | undefined;
  readonly cluster: string | undefined;
  readonly files: ImportFiles;
}

export type ImportResult =
  | { readonly ok: true; readonly yaml: string; readonly remarks: readonly Remark[] }
  /** Nothing could be written: every mistake, in the order of the files. */
  | { readonly ok: false; readonly mistakes: readonly Remark[] };

/** Reads a deployment and writes its configuration. Never throws for what it reads; nothing is run and nothing changed. */
export function importDeployment(request: ImportRequest): ImportResult {
  const remarks = makeRemarks();
  const draft = request.agents.length > 0 ? importPacemaker(request, remarks) : importKeepalived(request, remarks);
  const mistakes = remarks.list.filter(({ kind }) => kind === 'mistake');
  if (mistakes.length > 0 || draft === undefined) return { ok: false, mistakes: inOrder(mistakes) };
  const ordered = merge(inOrder(remarks.list));
  return { ok: true, yaml: writeDraft(draft, sourcesOf(request), ordered), remarks: ordered };
}

function importKeepalived(request: ImportRequest, remarks: Remarks): Draft {
  const routers = request.keepalived.map(
    ({ router, file }): KeepalivedRouter => readRouter(router, file, request.files, remarks),
  );
  const scripts = readScripts(request, remarks);
  return combine(
    { routers, scripts, inventories: readInventories(request, remarks), cluster: request.cluster },
    remarks,
  );
}

function importPacemaker(request: ImportRequest, remarks: Remarks): Draft | undefined {
  const { agents, pcs, files, cluster } = request;
  const texts = agents.flatMap((file) => {
    const text = readTextFile(file, files, remarks, start(file));
    return text === undefined ? [] : [{ file, text }];
  });
  const commands = pcs === undefined ? undefined : readTextFile(pcs, files, remarks, start(pcs));
  return combinePacemaker(
    {
      agents: texts,
      cluster: pcs === undefined || commands === undefined ? undefined : readPcs(pcs, commands, remarks),
      inventories: readInventories(request, remarks),
      name: cluster,
    },
    remarks,
  );
}

function sourcesOf({ keepalived, scripts, addresses, agents, pcs }: ImportRequest): string[] {
  const named = [...keepalived, ...scripts, ...addresses].map(({ router, file }) => `${router}: ${file}`);
  return [...agents, ...(pcs === undefined ? [] : [pcs]), ...named];
}

function readScripts({ scripts, files }: ImportRequest, remarks: Remarks): ReadonlyMap<string, readonly GivenScript[]> {
  const result = new Map<string, GivenScript[]>();
  for (const { router, file } of scripts) {
    const text = readTextFile(file, files, remarks, start(file));
    if (text === undefined) continue;
    const script: ClaimScript = readClaimScript(file, text, router, remarks);
    if (script.claims.length === 0) {
      const message =
        'moves no VIP with "oci network vnic assign-private-ip": if it moves them in another way, write their addresses into the vips of their interfaces, and take it out of the hooks';
      remarks.todo(start(file), message);
    }
    result.set(router, [...(result.get(router) ?? []), { file, script }]);
  }
  return result;
}

function readInventories({ addresses, files }: ImportRequest, remarks: Remarks): ReadonlyMap<string, Inventory> {
  const result = new Map<string, Inventory>();
  for (const { router, file } of addresses) {
    const inventory = readInventory(file, files, remarks);
    if (inventory !== undefined) result.set(router, inventory);
  }
  return result;
}

function start(file: string): Position {
  return { file, line: 1, column: 1 };
}
