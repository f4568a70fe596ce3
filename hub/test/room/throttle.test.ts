import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Throttle } from '../../src/room/throttle.js';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

describe('news that come in bursts', () => {
  test('are said at once after quiet, and then once for all that followed', () => {
    const say = jest.fn();
    const news = new Throttle(16, say);
    news.ask();
    expect(say).toHaveBeenCalledTimes(1);
    news.ask();
    news.ask();
    expect(say).toHaveBeenCalledTimes(1);
    jest.advanceTimersByTime(16);
    expect(say).toHaveBeenCalledTimes(2);
    jest.advanceTimersByTime(100);
    expect(say).toHaveBeenCalledTimes(2);
  });

  test('are said before something that must come after them, and not again', () => {
    const say = jest.fn();
    const news = new Throttle(16, say);
    news.ask();
    news.ask();
    news.sayNow();
    news.sayNow();
    expect(say).toHaveBeenCalledTimes(2);
    jest.advanceTimersByTime(100);
    expect(say).toHaveBeenCalledTimes(2);
  });

  test('are not said any more after stop', () => {
    const say = jest.fn();
    const news = new Throttle(16, say);
    news.ask();
    news.ask();
    news.stop();
    jest.advanceTimersByTime(100);
    expect(say).toHaveBeenCalledTimes(1);
  });
});
