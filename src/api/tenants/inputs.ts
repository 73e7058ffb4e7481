import { leftOut } from "../../platform/fields.ts";
import * as list from "../../registry/list-tenants.ts";
import * as plain from "../../registry/tenants.ts";
import { described } from "../described.ts";
import { ofEntries } from "../filter-words.ts";

const quota = described(plain.quota, {
  messagesPerDay: "Messages per day.",
  bytesPerDay: "Bytes of payloads per day, as JSON in UTF-8.",
  deliveriesPerDay: "Deliveries per day that the messages make.",
  emailsPerDay: "Deliveries per day through the channel `email`.",
});
const ofTenants = {
  name: "Name to show to people.",
  quota:
    "Limits of the commits of one day, in UTC. A commit beyond a limit is refused. A limit that is left out does not apply. Null: no limit at all.",
  notifyEmail:
    "Address that gets an e-mail when one of the tenant's endpoints is disabled by its own answers. Defaults to none.",
  senders:
    "Addresses as which the tenant's e-mails may be sent beside `EMAIL_FROM`, each an address, or `*@` and a domain for all of it, without its subdomains. Null: `EMAIL_FROM` alone with a token of the tenant, and any sender with an operator's.",
};

export const tenantInput = described(plain.tenantInput.safeExtend({ quota: leftOut(quota) }), {
  id: "Id of your choice: 1 to 64 of `a-z`, `0-9`, `_` and `-`, beginning with a letter or a digit.",
  ...ofTenants,
});

export const tenantChange = described(
  plain.tenantChange.safeExtend({ quota: quota.nullable().optional() }),
  ofTenants,
);

export const tenantFilter = described(list.tenantFilter, { state: ofEntries.state });
