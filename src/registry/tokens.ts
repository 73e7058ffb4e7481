export async function requireLiveToken(..._: unknown[]) {}
