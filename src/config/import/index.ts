/*
 * Existing deployments as a failoverd.yaml. In the order in which a text goes through: conf-line.ts (comments, words),
 * conf-definitions.ts and conf-glob.ts (`$NAME`, `~SEQ`, include patterns), conf-reader.ts (statements), conf-tree.ts
 * (blocks); vocabulary.ts says what becomes of every keyword, read-*.ts make one router's keepalived.ts of it.
 * claim-script.ts reads what moves the VIPs, inventory.ts `ip -json address`, pacemaker.ts the other kind of deployment.
 * combine.ts puts the routers together (compare.ts, paths.ts, devices.ts, vips.ts, trackers.ts, hooks.ts, auth.ts,
 * preemption.ts) to draft.ts, and write.ts writes it. Everything that is worth a word is a remark.ts.
 */
export type { ImportFiles } from './conf-glob.ts';
export { type ImportRequest, type ImportResult, importDeployment, type RouterFile } from './import.ts';
export { formatRemark, type Remark } from './remark.ts';
