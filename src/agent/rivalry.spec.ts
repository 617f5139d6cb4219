import { expect, it } from 'vitest';
import { createRivalry } from './rivalry.ts';

it('two masters are one episode, however many adverts say so', () => {
  const rivalry = createRivalry();
  expect(rivalry.heard('192.0.2.3', 0)).toBe(true);
  for (let at = 200; at <= 20_000; at += 200) expect(rivalry.heard('192.0.2.3', at)).toBe(false);
});

it('a rival that was silent for a while begins another one', () => {
  const rivalry = createRivalry();
  rivalry.heard('192.0.2.3', 0);
  expect(rivalry.heard('192.0.2.3', 3499)).toBe(false);
  expect(rivalry.heard('192.0.2.3', 7000)).toBe(true);
});

it('a third master begins an episode of its own', () => {
  const rivalry = createRivalry();
  rivalry.heard('192.0.2.3', 0);
  expect(rivalry.heard('192.0.2.4', 100)).toBe(true);
  expect(rivalry.heard('192.0.2.3', 200)).toBe(false);
});

it('ends with the mastership it disputed', () => {
  const rivalry = createRivalry();
  rivalry.heard('192.0.2.3', 0);
  rivalry.over();
  expect(rivalry.heard('192.0.2.3', 100)).toBe(true);
});
