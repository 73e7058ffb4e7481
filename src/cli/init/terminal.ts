import { createInterface } from "node:readline/promises";

/** Terminal of a command's user. */
export interface Terminal {
  print: (text: string) => void;
  colours: boolean;
  /** Undefined without a user to answer. */
  confirm: ((question: string) => Promise<boolean>) | undefined;
}

/** Terminal of this process. Colours only for a terminal, and not under NO_COLOR. */
export function processTerminal(stopping: AbortSignal): Terminal {
  const { stdin: input, stdout: output } = process;
  const confirm = async (question: string) => {
    const lines = createInterface({ input, output });
    try {
      // Ctrl-C and Ctrl-D at the question mean no. They leave the cursor behind it.
      const ended = new Promise<string>((resolve) => lines.once("close", () => resolve("\n")));
      const answer = await Promise.race([lines.question(question, { signal: stopping }), ended]);
      if (answer === "\n") output.write(answer);
      return /^y(es)?$/i.test(answer.trim());
    } finally {
      lines.close();
    }
  };
  return {
    print: (text) => console.log(text),
    colours: output.isTTY && !process.env["NO_COLOR"],
    confirm: input.isTTY && output.isTTY ? confirm : undefined,
  };
}
