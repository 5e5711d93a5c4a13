/**
 * Makes a command's output fit for a terminal that isn't its own: no cursor movements, titles, colours, NULs or
 * other control characters; of a line that a progress bar rewrote with carriage returns, what would be seen last.
 * Text comes in pieces that may be cut anywhere. It doesn't touch the log file, which stays as written.
 */

/*
 * Escape sequences of ECMA-48, with ESC or with the one C1 character that stands for ESC and a letter:
 * CSI (cursor, colours) up to its final byte; the string sequences OSC, DCS, SOS, PM, APC up to their terminator;
 * and two-character ones. No two alternatives can begin within one another, so matching takes linear time whatever
 * a command prints. The patterns are strings because the linter refuses control characters in regexes.
 */
const CSI = String.raw`(?:\x1b\[|\x9b)[0-?]*[ -/]*`;
const STRING = String.raw`(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x80-\x9f]*`;
const SHORT = String.raw`\x1b[ -/]*`;
const SEQUENCE = new RegExp(String.raw`${CSI}[@-~]|${STRING}(?:\x07|\x1b\\|\x9c)|${SHORT}[0-Z\\^-~]`, 'g');
/** A sequence whose end hasn't come yet. */
const UNFINISHED = new RegExp(String.raw`(?:${CSI}|${STRING}\x1b?|${SHORT})$`);
/** All of C0 but tab, line feed and carriage return; DEL; C1. */
const CONTROL = /(?![\t\n\r])\p{Cc}/gu;
/** A sequence that is longer isn't waited for: it would hold the output back for ever. */
const LONGEST_SEQUENCE = 4096;

export interface TerminalText {
  /** What can be shown now. A piece's last line may be unfinished. */
  write(piece: string): string;
  end(): string;
}

/** One for each stream of text: it carries what a piece left unfinished to the next one. */
export function terminalText(): TerminalText {
  let held = '';
  /** Something stands in the present line already. */
  let isLineOpen = false;

  function clean(text: string): string {
    const lines = text.replace(SEQUENCE, '').replace(CONTROL, '').replaceAll('\r\n', '\n').split('\n');
    const shown = lines.map((line, index) => {
      const [first = '', ...rewritten] = line.split('\r');
      const last = rewritten.findLast((part) => part !== '');
      if (last === undefined) return first;
      // What was shown of this line can't be taken back: the rewritten one goes below it.
      return index === 0 && isLineOpen ? `\n${last}` : last;
    });
    const result = shown.join('\n');
    if (result !== '') isLineOpen = !result.endsWith('\n');
    return result;
  }

  return {
    write(piece) {
      const text = held + piece;
      const end = text.slice(-LONGEST_SEQUENCE);
      // A carriage return may be the first half of a line end.
      const unfinished = UNFINISHED.exec(end)?.index ?? end.length - (end.endsWith('\r') ? 1 : 0);
      const cut = text.length - end.length + unfinished;
      held = text.slice(cut);
      return clean(text.slice(0, cut));
    },
    end() {
      const rest = clean(held);
      held = '';
      return rest;
    },
  };
}

/** The same for a text that is complete. */
export function sanitised(text: string): string {
  const stream = terminalText();
  return stream.write(text) + stream.end();
}
