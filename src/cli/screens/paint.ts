/** How a screen is shown. */
export interface ScreenOptions {
  readonly colour: boolean;
}

/** Good, worth a look, wrong, unimportant, and a heading. */
export type Tone = 'good' | 'warn' | 'bad' | 'dim' | 'bold';

const SGR: Readonly<Record<Tone, string>> = { good: '32', warn: '33', bad: '31', dim: '2', bold: '1' };

/** Text in a tone, if colours are shown. The words alone must say it too. */
export function paint(text: string, tone: Tone | undefined, { colour }: ScreenOptions): string {
  return colour && tone !== undefined && text !== '' ? `\u001b[${SGR[tone]}m${text}\u001b[0m` : text;
}
