import { ocid } from '../../oci-simulator/ocid.ts';
import { until } from '../clock.ts';
import type { Lab } from '../lab.ts';
import { scrape, transitionsIn } from '../metrics.ts';
import { namespaceOf } from '../namespaces.ts';
import { attachNic, createSubnet } from '../network.ts';
import type { LabRouter, Segment } from '../plan.ts';
import { run } from '../run.ts';
import type { Scenario, StepContext } from '../scenario.ts';
import { PATIENCE } from '../settle.ts';

const VIP = '10.0.0.68';
const NET = '10.0.0.';
const REGION = 'iad';
const POD3: Segment = {
  interface: 'ens7',
  bridge: 'pod3',
  prefixLength: 28,
  gateway: `${NET}65`,
  vips: [VIP],
  mtu: 9000,
};
const BAD_CONFIG = 78;

/** The VNIC that a router gets in the new subnet. */
function nicOf(index: number): { readonly address: string; readonly mac: string } {
  return { address: `${NET}${66 + index}`, mac: `02:00:17:00:0${index + 1}:07` };
}

/** What the ISV does for a new POD: a subnet, a VNIC for each router, and a secondary private IP. */
async function addPod(lab: Lab): Promise<void> {
  await createSubnet(POD3);
  for (const [index, router] of lab.plan.routers.entries()) {
    const grown: LabRouter = { ...router, nics: { ...router.nics, [POD3.interface]: nicOf(index) } };
    await attachNic(lab.plan, grown, POD3);
  }
  await lab.simulator.extend({
    subnets: [
      {
        name: POD3.bridge,
        id: ocid('subnet', REGION, POD3.bridge),
        cidr: `${NET}64/28`,
        virtualRouterIp: POD3.gateway,
        bridge: POD3.bridge,
      },
    ],
    vnics: lab.plan.routers.map(({ name }, index) => ({
      instance: name,
      interface: POD3.interface,
      id: ocid('vnic', REGION, `${name} ${POD3.interface}`),
      subnet: POD3.bridge,
      mac: nicOf(index).mac,
      privateIp: nicOf(index).address,
      privateIpId: ocid('privateip', REGION, `${name} ${POD3.interface} primary`),
      attachmentId: ocid('vnicattachment', REGION, `${name} ${POD3.interface}`),
      vlanTag: 1050,
      skipSourceDestCheck: true,
    })),
    vips: [{ id: ocid('privateip', REGION, VIP), address: VIP, subnet: POD3.bridge }],
  });
}

const withPod = (text: string): string => text.trimEnd().concat(`\n      ${POD3.interface}: { vips: [${VIP}] }\n`);

async function transitions(lab: Lab): Promise<number> {
  const samples = await Promise.all(lab.running().map(scrape));
  return samples.reduce((sum, each) => sum + transitionsIn(each), 0);
}

/** Reloads each router, the backup first; nobody changes its state. */
async function reloadWithPod({ lab, note, check }: StepContext): Promise<void> {
  await addPod(lab);
  const before = await transitions(lab);
  await lab.configure(withPod);
  for (const router of ['vrouter2', 'vrouter1']) {
    const answer = await lab.failoverctl(router, ['reload']);
    note(`${router}: ${answer.stdout.trim().split('\n').join('; ')}`);
    check(`failoverctl reload on ${router} ended with 0`, answer.code === 0, `${answer.code} ${answer.stderr.trim()}`);
    check('it says what changed', answer.stdout.includes(POD3.interface), answer.stdout.trim());
  }
  const here = await until(
    async () => {
      const shown = await Promise.all(
        lab.running().map((router) => run(['ip', '-n', namespaceOf(router), 'addr', 'show', 'dev', POD3.interface])),
      );
      return shown.every((text) => text.includes(`${VIP}/32`));
    },
    PATIENCE,
    100,
  );
  check(`${VIP} is an address of every router`, here === true, here === true ? 'yes' : 'no');
  const after = await transitions(lab);
  check('no state changed', after === before, `${after - before} transitions`);
}

/** A file with a mistake, and one that only a restart could take over: both are refused, and nothing changes. */
async function reloadRefused({ lab, check }: StepContext): Promise<void> {
  const before = await transitions(lab);
  await lab.configure((text) => withPod(text).replace('priority:', 'prority:'));
  const mistake = await lab.failoverctl('vrouter1', ['reload']);
  const told = mistake.stderr.trim();
  check('a mistake is refused with 78', mistake.code === BAD_CONFIG, `${mistake.code} ${told}`);
  check('it says where it is and what was meant', /yaml:\d+:\d+: .*prority.*priority/s.test(told), told);
  await lab.configure((text) => withPod(text).replace('heartbeat:', 'heartbeat:\n  port: 9999'));
  const restart = await lab.failoverctl('vrouter1', ['reload']);
  check('another port is refused', restart.code === 1, `${restart.code} ${restart.stderr.trim()}`);
  check('it names what needs the restart', restart.stderr.includes('port'), restart.stderr.trim());
  const after = await transitions(lab);
  check('no state changed', after === before, `${after - before} transitions`);
}

export const reload: Scenario = {
  name: 'reload',
  title: 'failoverctl reload adds a POD without moving anything else; a bad file is refused and changes nothing.',
  steps: [
    {
      title: 'a new POD: subnet, VNICs and VIP; the file names it, failoverctl reload on both routers',
      expect: { master: 'vrouter1', moves: 0, movesOf: { [VIP]: 1 }, warm: false },
      act: reloadWithPod,
    },
    {
      title: 'failoverctl reload with a mistake in the file, and with another port',
      expect: { master: 'vrouter1', moves: 0 },
      act: reloadRefused,
    },
    {
      title: 'SIGKILL to failoverd on vrouter1: the new VIP moves with the others',
      expect: { master: 'vrouter2', moves: 1 },
      async act({ lab }) {
        lab.daemon('vrouter1').kill('SIGKILL');
      },
    },
  ],
};
