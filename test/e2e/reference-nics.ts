/** Links of vrouter1 of the reference deployment, with its addresses and with carrier: their far ends are up. */
export async function addReferenceNics(ip: (command: string) => Promise<unknown>): Promise<void> {
  await ip('link set lo up');
  for (const [nic, address] of [
    ['ens3', '172.20.136.130/25'],
    ['ens5', '10.0.0.2/28'],
    ['ens6', '10.0.0.34/28'],
  ] as const) {
    await ip(`link add ${nic} type veth peer name net-${nic}`);
    await ip(`address add ${address} dev ${nic}`);
    await ip(`link set net-${nic} up`);
    await ip(`link set ${nic} up`);
  }
}
