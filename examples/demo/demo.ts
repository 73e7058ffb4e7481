/** `npm run demo`: a purchase, from its commit to the recorded outcome of every side effect. */
import { runProgram } from "../../src/cli/program.ts";
import { playPurchase } from "./purchase.ts";
import { withStage } from "./stage.ts";
import { chapter, line } from "./story.ts";

const settings = {
  RETRY_SCHEDULE: "1,2,3",
  ALLOW_LOOPBACK_ENDPOINTS: "true",
  EMAIL_FROM: "shop@example.com",
};

await runProgram(async (stopping) => {
  const startedAt = Date.now();
  console.log("A purchase, and every side effect it must have.");
  chapter("A server of its own");
  let proven = "";
  await withStage(settings, stopping, async (stage) => {
    line(
      `${stage.serverUrl}, ready after ${secondsSince(startedAt)} s; database and settings are new, and removed at the end.`,
    );
    line(`Failed attempts are retried after ${settings.RETRY_SCHEDULE} s: the usual days, in seconds.`);
    proven = await playPurchase(stage, stopping);
  });
  console.log(`\nProven in ${secondsSince(startedAt)} s: ${proven}`);
  return 0;
});

function secondsSince(startedAt: number): string {
  return ((Date.now() - startedAt) / 1000).toFixed(1);
}
