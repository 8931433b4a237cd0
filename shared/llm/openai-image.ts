import type { ModelImage } from "./provider.ts";

/** An image as both of OpenAI's APIs take it: its URL, or its bytes in a data URL. */
export function openAiImageUrl(image: ModelImage): string {
  switch (image.kind) {
    case "url":
      return image.url;
    case "bytes":
      return `data:${image.mediaType};base64,${image.base64}`;
    default:
      return image satisfies never;
  }
}
