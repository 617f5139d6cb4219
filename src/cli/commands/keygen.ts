import { randomBytes } from 'node:crypto';
import { examples, type Register } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

/** Bytes of a key: what HMAC-SHA256 can use in full. */
const KEY_BYTES = 32;

export const registerKeygen: Register = (program, context, done) => {
  program
    .command('keygen')
    .description('print a new heartbeat key')
    .summary('print a new heartbeat key')
    .addHelpText(
      'after',
      examples(
        '(umask 077; failoverctl keygen > /etc/failoverd/heartbeat.key)',
        '# then the same file on every router',
      ),
    )
    .action(() => {
      context.stdout(`${randomBytes(KEY_BYTES).toString('hex')}\n`);
      done(EXIT.done);
    });
};
