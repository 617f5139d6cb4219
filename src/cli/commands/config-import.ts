import type { Command } from 'commander';
import type { ImportFiles, RouterFile } from '../../config/import/index.ts';
import { type CliContext, type CommandResult, examples } from '../context.ts';
import { CliError, EXIT } from '../exit-codes.ts';

interface Options {
  readonly script?: readonly string[];
  readonly addresses?: readonly string[];
  readonly pacemaker?: readonly string[];
  readonly pcs?: string;
  readonly cluster?: string;
  readonly output?: string;
  readonly force?: true;
}

/** A larger file is a wrong path. */
const MAX_BYTES = 4 * 1024 * 1024;

/** Adds `config import-keepalived`. */
export function registerImport(config: Command, context: CliContext, done: (result: CommandResult) => void): void {
  config
    .command('import-keepalived')
    .description(
      [
        "Read the routers' keepalived.conf and the scripts that move the VIPs, and write one failoverd.yaml for all of them.",
        'Nothing on this machine or in OCI is changed. What has no equivalent is listed on stderr, and at the end of the file,',
        'as file:line:column: what to do. Differences between the routers and other mistakes: exit code 78, nothing written.',
      ].join(' '),
    )
    .summary('make the file from a keepalived deployment')
    .argument('[router=file...]', "a router's short host name and its keepalived.conf; includes are read beside it")
    .option('--script <router=file>', 'script that becoming master runs there, for its VIPs (repeatable)', collect)
    .option('--addresses <router=file>', 'what "ip -json address show" prints there (repeatable)', collect)
    .option(
      '--pacemaker <file>',
      "Pacemaker's patched IPaddr2 instead of keepalived.conf; wants --addresses (repeatable)",
      collect,
      [],
    )
    .option('--pcs <file>', 'with --pacemaker: what "pcs config" prints, or the pcs commands that made the cluster')
    .option('--cluster <name>', 'name of the cluster (default: after the first vrrp_instance)')
    .option('-o, --output <file>', 'write to this file and not to stdout; one that is there stays as it is')
    .option('-f, --force', 'replace the output file')
    .addHelpText(
      'after',
      examples(
        'failoverctl config import-keepalived vrouter1=vrouter1.conf vrouter2=vrouter2.conf',
        'failoverctl config import-keepalived vrouter1=a/keepalived.conf vrouter2=b/keepalived.conf \\',
        '    --script vrouter1=a/claim-vips.sh --script vrouter2=b/claim-vips.sh --output failoverd.yaml',
        '# one file for all routers, with @vrouter1 lines; the subnets tell which VIP is on which interface',
        'ssh vrouter1 ip -json address show > vrouter1.json',
        'failoverctl config import-keepalived vrouter1=k.conf vrouter2=k.conf --addresses vrouter1=vrouter1.json',
        '# Pacemaker with commands in its resource agent',
        'failoverctl config import-keepalived --pacemaker IPaddr2 --pcs pcs.txt \\',
        '    --addresses vrouter1=vrouter1.json --addresses vrouter2=vrouter2.json',
      ),
    )
    .action(async (routers: string[], options: Options, command: Command) =>
      done(await importKeepalived(routers, options, command, context)),
    );
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

async function importKeepalived(
  routers: readonly string[],
  options: Options,
  command: Command,
  context: CliContext,
): Promise<CommandResult> {
  const keepalived = routers.map((text) => parsePair(text, command));
  const names = keepalived.map(({ router }) => router);
  const { script = [], addresses = [], pacemaker = [] } = options;
  const isPacemaker = pacemaker.length > 0;
  if (keepalived.length === 0 && !isPacemaker) {
    command.error("error: missing required argument 'router=file', or --pacemaker", { exitCode: EXIT.usage });
  }
  if (isPacemaker && (keepalived.length > 0 || script.length > 0)) {
    command.error('error: --pacemaker goes with --addresses and --pcs only', { exitCode: EXIT.usage });
  }
  if (options.pcs !== undefined && !isPacemaker) {
    command.error('error: --pcs goes with --pacemaker', { exitCode: EXIT.usage });
  }
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) command.error(`error: ${twice} is named twice`, { exitCode: EXIT.usage });
  const filesOf = (texts: readonly string[]): RouterFile[] =>
    texts.map((text) => {
      const pair = parsePair(text, command);
      if (!isPacemaker && !names.includes(pair.router)) {
        command.error(`error: ${pair.router} has no keepalived.conf among the arguments`, { exitCode: EXIT.usage });
      }
      return pair;
    });
  const { formatRemark, importDeployment } = await import('../../config/import/index.ts');
  const result = importDeployment({
    keepalived,
    scripts: filesOf(script),
    addresses: filesOf(addresses),
    agents: pacemaker,
    pcs: options.pcs,
    cluster: options.cluster,
    files: await diskFiles(),
  });
  if (!result.ok) {
    for (const mistake of result.mistakes) context.stderr(`${formatRemark(mistake)}\n`);
    return EXIT.badConfig;
  }
  for (const remark of result.remarks) context.stderr(`${formatRemark(remark)}\n`);
  if (options.output === undefined) context.stdout(result.yaml);
  else await writeOutput(options.output, result.yaml, options.force === true, context);
  return EXIT.done;
}

function parsePair(text: string, command: Command): RouterFile {
  const match = /^([A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)=(.+)$/.exec(text);
  const [, router, file] = match ?? [];
  if (router === undefined || file === undefined) {
    return command.error(`error: '${text}' is not ROUTER=FILE, as in vrouter1=/etc/keepalived/keepalived.conf`, {
      exitCode: EXIT.usage,
    });
  }
  return { router, file };
}

async function diskFiles(): Promise<ImportFiles> {
  const { readdirSync, readFileSync, statSync } = await import('node:fs');
  return {
    read: (path) => {
      const stats = statSync(path);
      // A FIFO or a device could keep the reader waiting for ever.
      if (!stats.isFile() && !stats.isDirectory()) throw new Error('it is not a regular file');
      if (stats.size > MAX_BYTES) throw new Error(`it has ${stats.size} bytes, allowed: ${MAX_BYTES}`);
      return readFileSync(path);
    },
    list: (directory) => readdirSync(directory),
  };
}

async function writeOutput(file: string, text: string, force: boolean, { stdout }: CliContext): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  try {
    await writeFile(file, text, { flag: force ? 'w' : 'wx', mode: 0o644 });
  } catch (cause) {
    const { describeFileError } = await import('../../config/files.ts');
    const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    const message = exists
      ? `${file} is there already: --force replaces it`
      : `${file} cannot be written: ${describeFileError(cause)}`;
    throw new CliError(EXIT.failed, message, { cause });
  }
  stdout(`${file} is written: failoverctl config check ${file} --node ROUTER checks it\n`);
}
