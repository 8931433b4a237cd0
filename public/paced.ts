/** Drawing that keeps up with a stream without ever owning the page. */

/**
 * Returns a function that asks for `draw`: it runs at most once per animation frame, and leaves the page three times
 * as long to itself as it took, so that a long answer draws less often instead of making typing stutter.
 */
export function paced(draw: () => void): () => void {
  let asked = false;
  let restUntil = 0;

  function run(): void {
    const start = performance.now();
    if (start < restUntil) {
      requestAnimationFrame(run);
      return;
    }
    asked = false;
    draw();
    const end = performance.now();
    restUntil = end + 3 * (end - start);
  }

  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(run);
  };
}
