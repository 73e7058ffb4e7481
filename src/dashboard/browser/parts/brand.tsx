import { useState } from "preact/hooks";
import { wishes } from "../portal.ts";
import { linkTo } from "../router.ts";
import { w } from "../words/words.ts";
import { Icon } from "./icons.tsx";

/** The way to the first page: the logo that the portal's link wishes for, or the name of the outbox. */
export function Brand() {
  const [isBroken, setBroken] = useState(false);
  const logo = isBroken ? null : wishes().theme?.logo;
  return (
    <a class="brand" href={linkTo([])} aria-label={logo ? w.frame.firstPage : "edge-outbox"}>
      {logo ? (
        <img src={logo} alt="" onError={() => setBroken(true)} />
      ) : (
        <>
          <Icon name="brand" />
          <span class="long">edge-outbox</span>
        </>
      )}
    </a>
  );
}
