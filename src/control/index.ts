/*
 * The control socket: api.ts is its JSON, server.ts serves it from injected handlers (routes.ts checks the requests,
 * socket.ts puts the socket in place), client.ts speaks it. failoverctl imports client.ts alone: it starts faster.
 */
export * from './api.ts';
export { type ControlClient, type ControlClientOptions, createControlClient } from './client.ts';
export { ControlError, type ControlErrorCode } from './errors.ts';
export type { ControlHandlers } from './handlers.ts';
export { type ControlServer, type ControlServerOptions, startControlServer } from './server.ts';
export { SocketError, type SocketErrorCode } from './socket.ts';
