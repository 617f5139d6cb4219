import { hostname } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { Command } from 'commander';
import { version } from '../package.json';
import { EXIT_CONFIG, runDaemon } from './agent/index.ts';
import { formatMistake, loadConfig, printEffective } from './config/index.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const DEFAULT_CONFIG = '/etc/failoverd/failoverd.yaml';

interface Options {
  readonly config: string;
  readonly node?: string;
  readonly check?: boolean;
}

// V8 drops the bytecode of what did not run for a while: all that a failover is made of, to be compiled again right then.
setFlagsFromString('--no-flush-bytecode');

const program = new Command('failoverd')
  .description(
    'Failover of virtual routers in Oracle Cloud: elects a master by VRRP and moves the floating private IPs.',
  )
  .version(version)
  .option('--config <path>', 'configuration file, the same on every router', DEFAULT_CONFIG)
  .option('--node <name>', 'the router to be; by default the short hostname')
  .option('--check', 'validate the configuration, print what takes effect, and exit')
  .addHelpText(
    'after',
    `
Runs in the foreground and logs to stderr. SIGTERM hands the VIPs over and ends it.
Exit codes: 0 done, 1 failed, 2 wrong usage, 78 bad configuration.`,
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE))
  .action(async ({ config, node, check }: Options) => {
    // Not by running out of work: nothing that was forgotten may keep a stopped daemon alive.
    process.exit(check ? checkConfig(config, node) : await runDaemon({ configPath: config, node, version }));
  });

/** Every mistake on its own line, or the effective configuration. */
function checkConfig(path: string, node: string | undefined): number {
  const result = loadConfig({ path, node, hostname: hostname() });
  if (!result.ok) {
    for (const mistake of result.mistakes) process.stderr.write(`${formatMistake(mistake)}\n`);
    return EXIT_CONFIG;
  }
  for (const warning of result.warnings) process.stderr.write(`warning: ${formatMistake(warning)}\n`);
  process.stdout.write(printEffective(result.loaded.config));
  return 0;
}

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`failoverd: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(EXIT_FAILED);
});
