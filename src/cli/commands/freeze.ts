import { Argument } from 'commander';
import { connect, examples, type Register } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

export const registerFreeze: Register = (program, context, done) => {
  program
    .command('freeze')
    .description(
      'Stop every claim in the whole cluster, for work in the OCI console, or allow them again. Meanwhile nobody pre-empts; a master that dies is followed, but its VIPs stay where they are.',
    )
    .summary('stop every claim in the whole cluster, or allow them again')
    .addArgument(new Argument('<on|off>', 'stop, or allow again').choices(['on', 'off']))
    .addHelpText('after', examples('failoverctl freeze on', 'failoverctl freeze off'))
    .action(async (word: 'on' | 'off', _options: object, command) => {
      const { on, onlyHere } = await (await connect(command)).freeze({ on: word === 'on' });
      if (onlyHere === true) {
        context.stdout(
          'this router only: the others speak VRRP only (heartbeat.transport ip) and have to be told there\n',
        );
      }
      context.stdout(
        on
          ? 'no router claims any VIP until: failoverctl freeze off\n'
          : 'claims are allowed again; the master claims what it lacks\n',
      );
      done(EXIT.done);
    });
};
