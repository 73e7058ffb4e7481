import { describeProvider } from "./contract.ts";
import { binding } from "./stands/binding.ts";
import { mailgun } from "./stands/mailgun.ts";
import { postmark } from "./stands/postmark.ts";
import { resend } from "./stands/resend.ts";
import { sendgrid } from "./stands/sendgrid.ts";
import { ses } from "./stands/ses.ts";
import { smtp } from "./stands/smtp.ts";

for (const stand of [binding, resend, postmark, sendgrid, mailgun, ses, smtp]) describeProvider(stand);
