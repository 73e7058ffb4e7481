/** The used part of Node's sockets, which Workers have. The types of all of Node contradict those of Workers. */
declare module "node:net" {
  export interface OpenSocket {
    once(event: "connect" | "secureConnect", listener: () => void): OpenSocket;
    once(event: "error", listener: (error: Error) => void): OpenSocket;
    destroy(): void;
  }
  const net: { connect(options: { host: string; port: number }): OpenSocket };
  export default net;
}
declare module "node:tls" {
  import type { OpenSocket } from "node:net";

  const tls: { connect(options: { host: string; port: number; servername: string }): OpenSocket };
  export default tls;
}
