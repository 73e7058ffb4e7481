import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Skeleton } from "./shown.tsx";

type Pages = typeof import("../pages/inspector.ts");

let loaded: Pages | undefined;

/** A page of the inspector. Its script is a file of its own, which only development has. */
function inspected(name: keyof Pages): FunctionComponent {
  return function Inspected() {
    const [pages, setPages] = useState(loaded);
    useEffect(() => {
      void import("../pages/inspector.ts").then((found) => {
        loaded = found;
        setPages(found);
      });
    }, []);
    const Component = pages?.[name];
    return Component ? <Component /> : <Skeleton lines={5} />;
  };
}

export const ReceiverPage = inspected("ReceiverPage");
export const MailboxPage = inspected("MailboxPage");
export const FirstStepsPage = inspected("FirstStepsPage");
export const FirstSteps = inspected("FirstSteps");
