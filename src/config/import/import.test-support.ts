import { diskOf } from '../load.test-support.ts';
import { type ImportResult, importDeployment } from './import.ts';
import { formatRemark } from './remark.ts';

/* One thing at a time, in a deployment of two routers that is otherwise as it should be. */

/** A vrrp_instance of one line each, `more` stands from line 8 on. */
export function conf(own: string, peer: string, priority: number, more: string, vip = '10.0.0.4'): string {
  return `vrrp_instance I {
interface ens3
virtual_router_id 51
priority ${priority}
unicast_src_ip ${own}
unicast_peer { ${peer} }
virtual_ipaddress { ${vip} dev ens5 }
${more}
}
`;
}

export interface Change {
  readonly both?: string;
  readonly first?: string;
  readonly second?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly routers?: readonly string[];
}

export function run(
  { both = '', first = '', second = '', files = {}, routers = ['a', 'b'] }: Change,
  encode = (text: string): Uint8Array => Buffer.from(text),
): ImportResult {
  const read = diskOf({
    a: conf('10.0.0.2', '10.0.0.3', 200, `${both}\n${first}`),
    b: conf('10.0.0.3', '10.0.0.2', 100, `${both}\n${second}`),
    ...files,
  });
  const scripts = Object.keys(files).filter((file) => file.endsWith('.sh'));
  return importDeployment({
    keepalived: routers.map((router) => ({ router, file: router })),
    scripts: scripts.map((file) => ({ router: file[0] ?? '', file })),
    addresses: [],
    agents: [],
    pcs: undefined,
    cluster: undefined,
    files: { read: (path) => encode(Buffer.from(read(path).bytes).toString()), list: () => [] },
  });
}

/** Remarks, and what is written without the comments. */
export function show(change: Change): string {
  const result = run(change);
  const remarks = (result.ok ? result.remarks : result.mistakes).map((remark) => formatRemark(remark));
  const yaml = result.ok ? result.yaml.replaceAll(/^#.*\n/gm, '') : '';
  return `${remarks.join('\n')}\n${yaml}`;
}
