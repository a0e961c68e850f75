/** Starts the console. */
import { MantineProvider } from "@mantine/core";
import "@mantine/core/styles.css";
import "./console.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { router } from "./router";
import { Refusal } from "./shared/api";
import { Gate } from "./signin/Gate";
import { paint, theme } from "./theme";
import { spokenIn, WordsProvider } from "./words";

const queries = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 5_000, retry: (count, error) => !(error instanceof Refusal) && count < 2 },
    // What was sent, a secret among it, is not kept once who sent it has gone.
    mutations: { gcTime: 0 },
  },
});

paint();
const place = document.getElementById("console");
if (place) {
  createRoot(place).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
        <WordsProvider first={await spokenIn()}>
          <QueryClientProvider client={queries}>
            <Gate>
              <RouterProvider router={router} />
            </Gate>
          </QueryClientProvider>
        </WordsProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
