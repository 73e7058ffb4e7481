import * as plain from "../../trace/filters.ts";
import { described } from "../described.ts";

const ofGroups = {
  endpointId: "Only attempts at this endpoint.",
  since: "Only attempts that began at this instant or later.",
  until: "Only attempts that began before this instant.",
};

export const failureFilter = described(plain.failureFilter, {
  ...ofGroups,
  error: "Only attempts with this class of error, such as `timeout` or `http_status`.",
  httpStatus: "Only attempts that were answered with this HTTP status.",
});

export const failureGroupFilter = described(plain.failureGroupFilter, ofGroups);
