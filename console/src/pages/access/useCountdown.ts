import { useEffect, useState } from "react";

/** Whole seconds that are left, counted from when `from` was given. */
export function useCountdown(seconds: number | undefined, from: unknown): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (seconds === undefined) {
      setLeft(0);
      return undefined;
    }
    const end = Date.now() + seconds * 1_000;
    const count = () => setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1_000)));
    count();
    const timer = setInterval(count, 500);
    return () => clearInterval(timer);
  }, [seconds, from]);
  return left;
}
