import fc from "fast-check";

/** As the unit of a string: every code point, halves of surrogate pairs too. fast-check's own `binary` takes a second to be made. */
export const anyCodePoint = fc
  .integer({ min: 0, max: 0x10_ffff })
  .map((point) => String.fromCodePoint(point));
