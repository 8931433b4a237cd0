/** `npm run image:prove`: shows without Docker what is promised of the gateway's image. */
import { layOutImage } from "./layout.ts";
import { proofs } from "./proofs.ts";

await using layout = await layOutImage();
console.log(`${layout.image.baseImage} with ${layout.files.join(", ")}`);
for (const { claim, show } of proofs) {
  await show(layout);
  console.log(`✓ ${claim}`);
}
