/** Platforms, which come whole. */
import { useQuery } from "@tanstack/react-query";
import { answer, api, type Model } from "../../shared/api";

export type Platform = Model<"Platform">;

export function usePlatforms() {
  return useQuery({ queryKey: ["platforms"], queryFn: () => answer(api.GET("/api/v1/Platform")) });
}
