export {
  type AddressFamily,
  addressFamily,
  canonicalAddress,
  compareAddresses,
  formatAddress,
  isLinkLocal,
  parseAddress,
} from './address.ts';
export type * from './advert.ts';
export {
  type AuthErrorCode,
  type Authenticator,
  type AuthenticatorOptions,
  type AuthFailure,
  type AuthMode,
  createAuthenticator,
  type HmacKey,
  type OpenResult,
  type ReceiverClock,
  signDatagram,
  type Verified,
} from './auth-hmac.ts';
export { createElection } from './election.ts';
export type * from './election-types.ts';
export { TRAILER_LENGTH } from './hmac-trailer.ts';
export {
  createIpTransport,
  type IpDatagram,
  type IpSocket,
  type IpSocketListener,
  type IpTransportOptions,
  type OpenIpSocket,
  VRRP_PROTOCOL,
  VRRP_TTL,
} from './ip.ts';
export { type DatagramKind, datagramKind, virtualRouterIdOf } from './kind.ts';
export { decodeAdvert, encodeAdvert, sameAddresses } from './packet.ts';
export {
  type CommandId,
  type FreezeCommand,
  type HoldCommand,
  isPresenceName,
  PRESENCE_LENGTH_MAX,
  type Presence,
  type PresenceDecodeResult,
  type PresenceEcho,
  type PresenceEncodeResult,
  type PresenceErrorCode,
  type PresenceGroup,
  type PresenceHeard,
  type PresenceLink,
  type PresenceState,
  type StandbyCommand,
} from './presence.ts';
export { decodePresence, presenceLength } from './presence-decode.ts';
export { encodePresence } from './presence-encode.ts';
export { createReplayGuard, type ReplayError, type ReplayGuard, type Sender } from './replay.ts';
export { createSequencer, isAfter, leadOf, type Sequence, type Sequencer, sequenceAt } from './sequence.ts';
export * from './timing.ts';
export type {
  DatagramListener,
  Payload,
  ReceivedDatagram,
  SocketTransport,
  Transport,
  TransportPath,
} from './transport.ts';
export { TransportError, type TransportErrorCode } from './transport-errors.ts';
export {
  createMemoryNetwork,
  type MemoryNetwork,
  type MemoryNetworkOptions,
  type NetworkFaults,
} from './transport-memory.ts';
export { createUdpTransport, type UdpTransport, type UdpTransportOptions } from './udp.ts';
