import { limits } from "../platform/limits.ts";

/**
 * Fill level of a database. `filling`, from 70 %: free capacity in good time. `nearly_full`, from 85 %: free capacity now.
 * `full`, from 98 %: commits are refused, so that accepted messages can still be delivered.
 */
export const STORAGE_LEVELS = ["ok", "filling", "nearly_full", "full"] as const;
export type StorageLevel = (typeof STORAGE_LEVELS)[number];

export function storageLevel(bytes: number, maxBytes: number): StorageLevel {
  const share = bytes / maxBytes;
  if (share >= limits.fullShare) return "full";
  if (share >= limits.nearlyFullShare) return "nearly_full";
  return share >= limits.fillingShare ? "filling" : "ok";
}
