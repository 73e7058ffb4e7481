import { Hono } from "hono";
import * as z from "zod";
import type { ApiEnv } from "../../api/context.ts";
import { allow } from "../../api/door/access.ts";
import { DoorError } from "../../api/door/door-error.ts";
import { readJson } from "../../api/door/read-json.ts";
import { checked } from "../../platform/check.ts";
import { receiverLimits as limits } from "../../platform/development-limits.ts";
import { leftOutAs, wholeNumber } from "../../platform/fields.ts";
import { type ArrivalDetail, type Arrivals, type Chosen, RECEIVER_ANSWERS } from "./answers.ts";
import type { Receiver } from "./receiver.ts";

const DEFAULT_SECONDS = 5;
const TAKES_SECONDS = new Set(["slow", "429"]);

const chosenInput = z
  .strictObject({
    answer: z.enum(RECEIVER_ANSWERS),
    seconds: leftOutAs(wholeNumber(0, limits.seconds, "seconds"), DEFAULT_SECONDS),
  })
  .transform(
    ({ answer, seconds }): Chosen => ({ answer, seconds: TAKES_SECONDS.has(answer) ? seconds : null }),
  );

const read = (operationId: string) => allow({ operationId, method: "get", access: "operator" });
const write = (operationId: string) => allow({ operationId, method: "put", access: "operator" });

/** Requests that came to the receiver, and its answers. */
export function receiverRoutes(receiver: Receiver): Hono<ApiEnv> {
  return new Hono<ApiEnv>()
    .get("/", read("listArrivals"), (c) => {
      const data = receiver.arrivals.list().map(({ headers: _, body: _b, ...arrival }) => arrival);
      return c.json({ data, answers: receiver.answers } satisfies Arrivals);
    })
    .delete("/", write("clearArrivals"), (c) => {
      receiver.arrivals.clear();
      return c.body(null, 204);
    })
    .get("/:id", read("readArrival"), (c) => {
      const arrival = receiver.arrivals.find(c.req.param("id"));
      if (arrival) return c.json(arrival satisfies ArrivalDetail);
      throw new DoorError("route_not_found", "The receiver has no such request, or no longer keeps it.");
    })
    .put("/answers/:name", write("chooseAnswer"), readJson(), async (c) => {
      const chosen = checked(chosenInput, await c.req.json());
      receiver.choose(c.req.param("name").slice(0, limits.nameLength), chosen);
      return c.json(chosen);
    });
}
