/** Schedules, and what generated passwords look like: both come whole. */
import { useQuery } from "@tanstack/react-query";
import { answer, api, type Model } from "../../shared/api";

export type Schedule = Model<"ScheduledChangePolicy">;
export type Complexity = Model<"PasswordComplexity">;

export function useSchedules() {
  return useQuery({ queryKey: ["schedules"], queryFn: () => answer(api.GET("/api/v1/ScheduledChangePolicy")) });
}

export function useComplexities() {
  return useQuery({ queryKey: ["complexities"], queryFn: () => answer(api.GET("/api/v1/PasswordComplexity")) });
}
