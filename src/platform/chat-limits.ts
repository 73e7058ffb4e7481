/** Limits of messages to chats, as the chats document them. */
export const chatLimits = {
  /** Slack cuts a longer text: https://api.slack.com/changelog/2018-04-truncating-really-long-messages (2026-11-30). */
  slackCharacters: 40_000,
  /** Discord refuses a longer content: https://docs.discord.com/developers/resources/webhook#execute-webhook (2026-11-30). */
  discordCharacters: 2000,
  /**
   * Bytes of the text of a card. Teams refuses a message of about 28 KB, with all that it adds itself:
   * https://learn.microsoft.com/connectors/teams/ (2026-11-30).
   */
  teamsBytes: 20_000,
  /** Bytes around a line of a card. */
  teamsLineBytes: 100,
} as const;
