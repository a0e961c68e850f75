/** Schedules, and what generated passwords look like: both come whole. */
import { useQuery } from "@tanstack/react-query";
import { answer, api, type Model } from "../../shared/api";
import type { AdminWords } from "../../words/admin";

export type Schedule = Model<"ScheduledChangePolicy">;
export type Complexity = Model<"PasswordComplexity">;

export function useSchedules() {
  return useQuery({ queryKey: ["schedules"], queryFn: () => answer(api.GET("/api/v1/ScheduledChangePolicy")) });
}

export function useComplexities() {
  return useQuery({ queryKey: ["complexities"], queryFn: () => answer(api.GET("/api/v1/PasswordComplexity")) });
}

/** When something is due by a schedule. */
export function told(row: Schedule, words: AdminWords["schedules"], locale: string): string {
  const time = row.localTime.slice(11, 16);
  const days = (row.daysOfWeek ?? "").split(",").filter(Boolean);
  switch (row.frequency) {
    case 0:
      return words.everyHours(row.periodValue);
    case 4:
      return words.everyMinutes(row.periodValue);
    case 1:
      return words.everyDays(row.periodValue, time);
    case 2:
      return words.weekly(days.map((day) => words.days[day.trim()] ?? day).join(", "), time);
    default:
      return words.monthly(row.dayNumber.toLocaleString(locale), time);
  }
}
