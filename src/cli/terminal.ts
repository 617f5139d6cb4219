/** The terminal that a screen is drawn on again and again, and that is given back as it was. */
import type { WriteStream } from 'node:tty';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface Terminal {
  /** As it is now. */
  size(): Size;
  /** Takes it; `redraw` is called when its size changes, and when the program goes on after Ctrl-Z. */
  open(redraw: () => void): void;
  /** Replaces what is shown. Lines must fit the size. */
  draw(lines: readonly string[]): void;
  /** Gives it back: what stood there before stands there again. */
  close(): void;
}

/** ECMA-48 and xterm: another screen, the cursor, where it stands, and what follows it. */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const REST_OF_LINE = '\u001b[K';
const REST_OF_SCREEN = '\u001b[J';

/** A terminal that does not tell its size, as a serial console. */
const USUAL: Size = { columns: 80, rows: 24 };

export function createTerminal(stream: WriteStream, process: NodeJS.Process): Terminal {
  let redraw = () => {};

  /** Ctrl-Z: the shell gets its screen back meanwhile. */
  const suspend = () => {
    stream.write(LEAVE);
    process.kill(process.pid, 'SIGSTOP');
  };
  const goOn = () => {
    stream.write(ENTER);
    redraw();
  };
  const resized = () => redraw();

  return {
    size: () => ({ columns: stream.columns || USUAL.columns, rows: stream.rows || USUAL.rows }),
    open(callback) {
      redraw = callback;
      stream.write(ENTER);
      stream.on('resize', resized);
      process.on('SIGTSTP', suspend);
      process.on('SIGCONT', goOn);
    },
    draw(lines) {
      // In one piece, and over what is there: a screen that is cleared first flickers.
      stream.write(`${HOME}${lines.map((line) => `${line}${REST_OF_LINE}`).join('\r\n')}${REST_OF_SCREEN}`);
    },
    close() {
      stream.off('resize', resized);
      process.off('SIGTSTP', suspend);
      process.off('SIGCONT', goOn);
      stream.write(LEAVE);
    },
  };
}
