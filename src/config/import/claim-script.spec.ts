import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readClaimScript } from './claim-script.ts';
import { readPcs } from './pcs.ts';
import { formatRemark, makeRemarks } from './remark.ts';

/** Each claim as `line:column address vnic [router]`, each other command as its words, then what was said. */
function read(text: string, host?: string): string[] {
  const remarks = makeRemarks();
  const { claims, others } = readClaimScript('s', text, host, remarks);
  return [
    ...claims.map(({ at, address, vnic, router = '' }) =>
      `${at.line}:${at.column} ${address} ${vnic} ${router}`.trim(),
    ),
    ...others.map((other) => other.text),
    ...remarks.list.map(formatRemark),
  ];
}

const CLAIM = 'oci network vnic assign-private-ip';

test.each([
  [
    'both orders of the options',
    `${CLAIM} --vnic-id V --ip-address 10.0.0.4 --unassign-if-already-assigned --auth instance_principal\n/root/bin/${CLAIM} --unassign-if-already-assigned --ip-address 10.0.0.5 --vnic-id V`,
    ['1:1 10.0.0.4 V', '2:1 10.0.0.5 V'],
  ],
  [
    'options with =, quotes and a global option first',
    `oci --auth instance_principal network vnic assign-private-ip --vnic-id="V" --ip-address='10.0.0.4'`,
    ['1:1 10.0.0.4 V'],
  ],
  [
    'variables',
    `A=10.0.0.4\nexport V=ocid1.a B="$A"\n${CLAIM} --vnic-id $V --ip-address "$B"`,
    ['3:1 10.0.0.4 ocid1.a'],
  ],
  [
    'the command in a variable',
    `OCI=/root/bin/oci\n$OCI network vnic assign-private-ip --vnic-id V --ip-address 10.0.0.4`,
    ['2:1 10.0.0.4 V'],
  ],
  ['a line that goes on', `${CLAIM} \\\n  --vnic-id V \\\n  --ip-address 10.0.0.4 # last`, ['1:1 10.0.0.4 V']],
  [
    'in the background, in a condition, behind sudo',
    `${CLAIM} --vnic-id V --ip-address 10.0.0.4 &\nif sudo ${CLAIM} --vnic-id W --ip-address 10.0.0.5 >>/log 2>&1; then :; fi`,
    ['1:1 10.0.0.4 V', '2:1 10.0.0.5 W'],
  ],
  ['what a comment says is not done', `# ${CLAIM} --vnic-id V --ip-address 10.0.0.4\necho ${CLAIM}`, []],
  [
    'commands that do something else',
    `#!/bin/sh\nset -e\nlogger hello\nip route flush cache; sleep 1\nf() { rm -f /x; }\nf`,
    ['ip route flush cache', 'rm -f /x'],
  ],
  [
    'an address that cannot be known',
    `${CLAIM} --vnic-id V --ip-address $1`,
    [
      's:1:1: which VIP is it? --ip-address is "$1", allowed: an IP address, or a variable that the script sets to one; a copy of the script will do in which each VIP has a line of its own',
    ],
  ],
  [
    'no address',
    `${CLAIM} --vnic-id V`,
    [
      's:1:1: which VIP is it? there is no --ip-address, allowed: an IP address, or a variable that the script sets to one; a copy of the script will do in which each VIP has a line of its own',
    ],
  ],
  ['a VNIC that cannot be known', `${CLAIM} --vnic-id $(cat vnic) --ip-address 10.0.0.4`, ['1:1 10.0.0.4']],
  [
    'behind other commands',
    `timeout 20 ${CLAIM} --vnic-id V --ip-address 10.0.0.4\nsudo -u opc -- ${CLAIM} --vnic-id V --ip-address 10.0.0.5\nexec nice -n 5 /x/${CLAIM} --vnic-id V --ip-address 10.0.0.6\nuntil ${CLAIM} --vnic-id V --ip-address 10.0.0.7; do sleep 1; done`,
    ['1:1 10.0.0.4 V', '2:1 10.0.0.5 V', '3:1 10.0.0.6 V', '4:1 10.0.0.7 V'],
  ],
  [
    'whose output is kept',
    `OUT=$(${CLAIM} --vnic-id V --ip-address 10.0.0.4 | jq -r '.data | keys (1)')\nlogger "\`${CLAIM} --vnic-id W --ip-address 10.0.0.5\`"\nX=$(date)`,
    ['1:1 10.0.0.4 V', '2:1 10.0.0.5 W', 'jq -r .data | keys (1)'],
  ],
  [
    'in a subshell, and in words that another shell runs',
    `(${CLAIM} --vnic-id V --ip-address 10.0.0.4)\nV=10.0.0.5; bash -c "${CLAIM} --vnic-id W --ip-address $V"`,
    ['1:1 10.0.0.4 V', '2:13 10.0.0.5 W'],
  ],
  [
    'by a name that is not read: never lost in silence',
    `cli network vnic assign-private-ip --ip-address 10.0.0.4`,
    [
      's:1:1: which VIP is it? "cli network vnic assign-private-ip --ip-address 10.0.0.4" is not read, allowed: an IP address, or a variable that the script sets to one; a copy of the script will do in which each VIP has a line of its own',
    ],
  ],
  [
    'xargs',
    `echo 10.0.0.4 | xargs -n1 ${CLAIM} --vnic-id V --ip-address`,
    [
      's:1:17: which VIP is it? there is no --ip-address, allowed: an IP address, or a variable that the script sets to one; a copy of the script will do in which each VIP has a line of its own',
    ],
  ],
  [
    'a private IP by its OCID',
    'oci network private-ip update --private-ip-id P --vnic-id V',
    [
      's:1:1: "oci network private-ip update --private-ip-id P --vnic-id V" moves a private IP by its OCID, which is not looked up: write its address into the vips of its interface',
    ],
  ],
  [
    'other calls of the API',
    `oci network vnic unassign-private-ip --vnic-id V --ip-address 10.0.0.4\noci os ns get`,
    [
      's:1:1: "oci network vnic unassign-private-ip --vnic-id V --ip-add..." is left out: failoverd moves existing private IPs and nothing else',
    ],
  ],
] as const)('%s', (_, text, expected) => {
  expect(read(text)).toEqual(expected);
});

const BRANCHES = `server="\`hostname -s\`"
if [ $server = "vrouter1" ]; then
  ${CLAIM} --vnic-id A --ip-address 10.0.0.4
elif [ "vrouter2" == "$(hostname)" ]; then
  ${CLAIM} --vnic-id B --ip-address 10.0.0.4
else
  ${CLAIM} --vnic-id C --ip-address 10.0.0.4
fi
case \${HOSTNAME%%.*} in
  vrouter1) ${CLAIM} --vnic-id D --ip-address 10.0.0.5 ;;
  *) exit 1 ;;
esac
${CLAIM} --vnic-id E --ip-address 10.0.0.6`;

test('branches by host name say whose claim it is', () => {
  expect(read(BRANCHES)).toEqual([
    '3:3 10.0.0.4 A vrouter1',
    '5:3 10.0.0.4 B vrouter2',
    '7:3 10.0.0.4 C',
    '10:3 10.0.0.5 D vrouter1',
    '13:1 10.0.0.6 E',
  ]);
});

test('of one router, the branches of others are left out', () => {
  expect(read(BRANCHES, 'vrouter2')).toEqual(['5:3 10.0.0.4 B vrouter2', '13:1 10.0.0.6 E']);
  expect(read(BRANCHES, 'vrouter3')).toEqual(['7:3 10.0.0.4 C', '13:1 10.0.0.6 E']);
});

test('a case of something else than the host name is for every router', () => {
  const states = `case "$3" in\n  MASTER)\n    ${CLAIM} --vnic-id V --ip-address 10.0.0.4\n    ;;\n  BACKUP|FAULT) exit 0 ;;\nesac`;
  expect(read(states, 'vrouter1')).toEqual(['3:5 10.0.0.4 V']);
});

test('several patterns for one host, and for several', () => {
  const text = `case $HOSTNAME in\n a|a.example.com) ${CLAIM} --vnic-id A --ip-address 10.0.0.4 ;;\n b | c) ${CLAIM} --vnic-id B --ip-address 10.0.0.4 ;;\nesac`;
  expect(read(text, 'a')).toEqual(['2:16 10.0.0.4 A a']);
  expect(read(text, 'c')).toEqual(['3:6 10.0.0.4 B']);
});

test("what another router's branch assigns is not taken", () => {
  const text = `if [ $(hostname -s) = a ]; then\n V=A\nelse\n V=B\nfi\n${CLAIM} --vnic-id $V --ip-address 10.0.0.4`;
  expect(read(text, 'a')).toEqual(['6:1 10.0.0.4 A']);
  expect(read(text, 'b')).toEqual(['6:1 10.0.0.4 B']);
});

test('whatever is in a script, it is read to the end without an error', () => {
  const pieces = [
    CLAIM,
    ' --vnic-id ',
    '--ip-address ',
    '10.0.0.4 ',
    '$A',
    '$',
    '{',
    '$(',
    '`',
    '"',
    "'",
    '\\',
    '\n',
    ';',
    '&',
    '|',
    '>',
    '#',
    'A=',
    'if [ ',
    'fi\n',
    'case ',
    'x) ',
    "sed -i '1i\\",
  ];
  const text = fc.oneof(
    fc.string({ maxLength: 300 }),
    fc.array(fc.constantFrom(...pieces), { maxLength: 80 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (content) => {
      const lines = content.split('\n').length;
      const remarks = makeRemarks();
      const { claims } = readClaimScript('s', content, undefined, remarks);
      readPcs('p', content, remarks);
      return claims.every(({ at }) => at.line >= 1 && at.line <= lines);
    }),
    { numRuns: 1000 },
  );
});

test('what made a cluster, and what pcs says of it', () => {
  const read = (text: string): unknown => {
    const { vips, scores, stickiness, name } = readPcs('p', text, makeRemarks());
    return [
      name,
      vips.map(({ value, at }) => `${at.line}:${at.column} ${value}`),
      Object.fromEntries(scores),
      stickiness?.value,
    ];
  };
  expect(
    read(
      'pcs cluster setup --force --name c a b\n# pcs resource defaults resource-stickiness=1\n' +
        'pcs resource defaults update resource-stickiness=100\npcs constraint location V prefers a=50 b\n' +
        'pcs resource create V ocf:heartbeat:IPaddr2 ip=10.0.0.4 cidr_netmask=28\npcs resource create W apache ip=10.0.0.5',
    ),
  ).toEqual(['c', ['5:45 10.0.0.4'], { a: 50, b: 1_000_000 }, 100]);
  expect(
    read(
      'Cluster Name: d\n Resource: V (class=ocf provider=heartbeat type=IPaddr2)\n  Attributes: ip=10.0.0.4\n' +
        "  resource 'V' prefers node 'a' with score INFINITY\n  Resources Defaults:\n  resource-stickiness: 0\n",
    ),
  ).toEqual(['d', ['3:15 10.0.0.4'], { a: 1_000_000 }, 0]);
});
