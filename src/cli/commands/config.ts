import { type CliContext, type CommandResult, examples, type Register } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { registerImport } from './config-import.ts';

const DEFAULT_FILE = '/etc/failoverd/failoverd.yaml';

export const registerConfig: Register = (program, context, done) => {
  const config = program
    .command('config')
    .helpCommand(false)
    .description('Work with the configuration file; no daemon is needed.')
    .summary('check a configuration, print its JSON Schema, import one from keepalived')
    .addHelpText('after', examples('failoverctl config check', 'failoverctl config schema > failoverd.schema.json'));

  config
    .command('check')
    .description('Report every mistake of a configuration file; exit code 78 when there is one.')
    .summary('report every mistake of a file')
    .argument('[file]', 'configuration file', DEFAULT_FILE)
    .option('--node <name>', 'the router to be (default: the short host name)')
    .addHelpText(
      'after',
      examples('failoverctl config check', 'failoverctl config check ./failoverd.yaml --node vrouter1'),
    )
    .action(async (file: string, options: { node?: string }) => done(await check(file, options.node, context)));

  config
    .command('schema')
    .description('Print the JSON Schema of the configuration file, for editors.')
    .summary('print the JSON Schema')
    .addHelpText('after', examples('failoverctl config schema > failoverd.schema.json'))
    .action(async () => {
      const { jsonSchema } = await import('../../config/json-schema.ts');
      context.stdout(`${JSON.stringify(jsonSchema(), undefined, 2)}\n`);
      done(EXIT.done);
    });

  registerImport(config, context, done);
};

async function check(path: string, node: string | undefined, context: CliContext): Promise<CommandResult> {
  const { formatMistake, loadConfig } = await import('../../config/index.ts');
  const result = loadConfig({ path, node, hostname: context.hostname, env: context.env });
  if (!result.ok) {
    for (const mistake of result.mistakes) context.stderr(`${formatMistake(mistake)}\n`);
    return EXIT.badConfig;
  }
  for (const warning of result.warnings) context.stderr(`warning: ${formatMistake(warning)}\n`);
  const { config, self } = result.loaded;
  const vips = config.groups.flatMap((group) => group.interfaces.flatMap((entry) => entry.vips));
  const parts = [
    count(config.routers.length, 'router'),
    count(config.groups.length, 'group'),
    count(vips.length, 'VIP'),
  ];
  context.stdout(`${path}: no mistakes, seen as ${self.name}: ${parts.join(', ')}\n`);
  return EXIT.done;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
