/** The used part of Node's zlib, which Workers have. The types of all of Node contradict those of Workers. */
declare module "node:zlib" {
  export function gzipSync(
    data: Uint8Array,
    options: { level: number },
  ): Uint8Array & { toString(encoding: "hex"): string };
  export function gunzipSync(data: Uint8Array): Uint8Array;
}
