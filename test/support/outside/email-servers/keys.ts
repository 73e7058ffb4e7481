/** Keys that the stand-ins know. */
export const KEYS = {
  resend: "re_k3y_0123456789abcdef",
  postmark: "pm-k3y-0123456789abcdef",
  sendgrid: "SG.k3y-0123456789abcdef",
  mailgun: "mg-k3y-0123456789abcdef",
  ses: { keyId: "AKIAK3Y0123456789ABC", secret: "s3cr3t/0123456789abcdef+0123", region: "eu-west-1" },
} as const;

/** Password of each user of the stand-in for SMTP. */
export const SMTP_PASSWORD = "smtp-p4ssword-0123456789";
