import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pixelmatch from "pixelmatch";
import { PNG } from "pngjs";
import { expect, test } from "vitest";
import { inBrowser } from "./browser.ts";
import { draw, IMAGES, readRecording } from "./recording.ts";

/** Share of the pixels that may differ: a browser of another version draws edges of letters otherwise. A moved row is more. */
const MOST = 0.002;
const ANEW = "node test/browser/pictures.ts";
const OUTPUT = join(import.meta.dirname, "../../node_modules/.cache/edge-outbox-pictures");

const browser = inBrowser();

test("the pages look as the pictures of the docs show them", async ({ skip }) => {
  const page = await browser.open("/docs");
  const hasFont = await page.evaluate(() => {
    const context = document.createElement("canvas").getContext("2d");
    const widthIn = (font: string) => {
      if (context) context.font = `40px ${font}`;
      return context?.measureText("Wide and narrow: il1").width;
    };
    return widthIn("system-ui") === widthIn('"DejaVu Sans", monospace');
  });
  if (!process.env["CI"]) skip(!hasFont, "the font of the pictures, DejaVu Sans, is not this system's");
  rmSync(OUTPUT, { recursive: true, force: true });
  const different: Record<string, string> = {};
  for (const [name, picture] of await draw(readRecording(), browser.open)) {
    const share = differenceOf(name, picture);
    if (share > MOST) different[name] = `${(share * 100).toFixed(2)} % of the pixels differ`;
  }
  const hint = `The new pictures and what differs are in ${OUTPUT}. If they are as they should be: ${ANEW}`;
  expect(different, hint).toEqual({});
});

/** Share of the pixels that differ from the picture of the docs. More than may leave both, and the difference, in a folder. */
function differenceOf(name: string, picture: Buffer): number {
  const [known, drawn] = [PNG.sync.read(readFileSync(join(IMAGES, name))), PNG.sync.read(picture)];
  const { width, height } = drawn;
  const difference = new PNG({ width, height });
  const isAlike = known.width === width && known.height === height;
  const count = isAlike
    ? pixelmatch(known.data, drawn.data, difference.data, width, height, { threshold: 0.2 })
    : width * height;
  const share = count / (width * height);
  if (share > MOST) {
    mkdirSync(OUTPUT, { recursive: true });
    writeFileSync(join(OUTPUT, name), picture);
    writeFileSync(join(OUTPUT, name.replace(".png", "-difference.png")), PNG.sync.write(difference));
  }
  return share;
}
