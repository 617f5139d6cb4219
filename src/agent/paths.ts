import type { LoadedConfig } from '../config/index.ts';

/** One heartbeat path: an address of this router and the address of a peer with the same index. */
export interface Path {
  /** `vrouter2/0`: the peer and the index. */
  readonly id: string;
  readonly local: string;
  readonly peer: string;
  readonly peerName: string;
}

/** Every path of this router: one for each peer and address index. The first of a peer is its primary one. */
export function pathsOf({ config, self }: LoadedConfig): readonly Path[] {
  return config.routers
    .filter((router) => router.name !== self.name)
    .flatMap((router) =>
      router.addresses.flatMap((peer, index) => {
        const local = self.addresses[index];
        return local === undefined ? [] : [{ id: `${router.name}/${index}`, local, peer, peerName: router.name }];
      }),
    );
}
