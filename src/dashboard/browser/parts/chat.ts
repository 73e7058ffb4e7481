/** True for a webhook that posts to a chat. Its URL is its secret, and it has no other. */
export function isChat(format: string | null): boolean {
  return format !== null && format !== "standard" && format !== "raw";
}
