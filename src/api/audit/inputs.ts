import * as plain from "../../trace/audit.ts";
import { described } from "../described.ts";

const ofEntries = {
  operation: "Only entries of the operation with this `operationId`.",
  caller: "Only entries of this kind of caller.",
  callerId:
    "Only entries of the operator with this name, or of the token with this id. A tenant finds tokens only.",
  messageId:
    "Only entries of requests that named this message. A request for all deliveries of an endpoint, or all dead letters, names none.",
  since: "Only entries made at this instant or later.",
  until: "Only entries made before this instant.",
};

export const auditFilter = described(plain.auditFilter, ofEntries);

export const auditOfAllFilter = described(plain.auditOfAllFilter, {
  ...ofEntries,
  tenantId: "Only entries of this tenant.",
});
